/* Registers into columns. Included by block.h. */

/* Whether all numbers are finite, in the lanes that no guard broke: x − x is 0.0 then, else NaN. */
static void NAME(note_doubt)(Frame *f, const V *x)
{
    I doubt = *(const I *)&f->doubt;
    for (int i = 0; i < VECTORS_OF(f->parts); i++) {
        /* lanes beyond the last are like it */
        const V own = f->some ? NAME(masked)(x[i], f, i) : x[i];
        doubt |= (I)(own - own);
    }
    *(I *)&f->doubt = doubt;
}

INLINE char *NAME(row_of)(const Frame *f, const Column *column, int lane)
{
    return (char *)column->data + (f->base + lane) * column->stride;
}

static void NAME(store_column)(const Frame *f, const Column *column, const double *x)
{
    char *to = NAME(row_of)(f, column, 0);
    if (column->stride == (Py_ssize_t)sizeof(double))
        memcpy(to, x, (size_t)f->count * sizeof(double));
    else
        for (int i = 0; i < f->count; i++, to += column->stride)
            memcpy(to, &x[i], sizeof(double));
}

/* A vector in a row: its first `n` numbers; all where an instruction set has no masks. */
INLINE void NAME(store_row)(char *to, const V x, const int32_t n)
{
    (void)n;
#if VECTOR_BYTES == 64
    if (n < VECTOR_LANES)
        _mm512_mask_storeu_pd(to, (__mmask8)((1 << n) - 1), x);
    else
#endif
        *(NAME(Unaligned) *)to = x;
}

/* At most as many columns as a vector has lanes, in as many lanes from the vector `at` on. */
INLINE void NAME(store_square)(const Frame *f, const Column *column, const int32_t *registers,
                               const int32_t n, int at)
{
    V square[VECTOR_LANES];
    EACH(i, VECTOR_LANES)
        square[i] = *NAME(lanes_from)(f, at, registers[i < n ? i : 0]);
    NAME(exchange)(square);
    char *to = NAME(row_of)(f, column, at * VECTOR_LANES);
    const Py_ssize_t stride = column->stride;
    const int left = f->count - at * VECTOR_LANES;
    if (left >= VECTOR_LANES)
        EACH(i, VECTOR_LANES)
            NAME(store_row)(to + i * stride, square[i], n);
    else
        for (int i = 0; i < left; i++)
            NAME(store_row)(to + i * stride, square[i], n);
}

#if VECTOR_BYTES == 64
enum { NAME(FEWEST_IN_ROW) = 2 };
#else
enum { NAME(FEWEST_IN_ROW) = VECTOR_LANES };
#endif

/* Columns side by side: rows are written one after the other. The last square of several begins so
 * early that it is whole. */
static void NAME(store_rows)(const Frame *f, const Column *column, const int32_t *registers,
                             int32_t n)
{
    const int32_t last = n - VECTOR_LANES;
    for (int at = 0; at * VECTOR_LANES < f->count; at++) {
        for (int32_t k = 0; k < last; k += VECTOR_LANES)
            NAME(store_square)(f, column + k, registers + k, VECTOR_LANES, at);
        if (last >= 0)
            NAME(store_square)(f, column + last, registers + last, VECTOR_LANES, at);
        else
            NAME(store_square)(f, column, registers, n, at);
    }
}

static void NAME(run_store)(Frame *f, const int32_t *code)
{
    const StoreWords words = store_words(code);
    const Column *column = f->outputs + words.output;
    for (const int32_t *r = words.registers; r < words.end;) {
        const int32_t n = NAME(side_by_side)(column, (int32_t)(words.end - r));
        for (int32_t k = 0; k < n; k++)
            NAME(note_doubt)(f, (const V *)NAME(reg)(f, r[k]));
        if (n >= NAME(FEWEST_IN_ROW))
            NAME(store_rows)(f, column, r, n);
        else
            for (int32_t k = 0; k < n; k++)
                NAME(store_column)(f, column + k, NAME(reg)(f, r[k]));
        column += n;
        r += n;
    }
}
