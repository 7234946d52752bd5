/* Columns into registers, and the guards of each lane. Included by block.h. */

typedef double NAME(Unaligned) __attribute__((vector_size(sizeof(V)), aligned(1)));

#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#define SHUFFLE(x, y, ...) __builtin_shuffle(x, y, (I){__VA_ARGS__})
#endif

/* Rows and columns exchanged, of as many vectors as one has lanes. */
INLINE void NAME(exchange)(V *x)
{
#if VECTOR_BYTES == 64
    V pair[WIDTH], four[WIDTH];
    EACH(i, WIDTH / 2) {
        pair[2 * i] = SHUFFLE(x[2 * i], x[2 * i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        pair[2 * i + 1] = SHUFFLE(x[2 * i], x[2 * i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    EACH(k, WIDTH / 2) {
        const int i = k < 2 ? k : k + 2;
        four[i] = SHUFFLE(pair[i], pair[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        four[i + 2] = SHUFFLE(pair[i], pair[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    EACH(i, WIDTH / 2) {
        x[i] = SHUFFLE(four[i], four[i + WIDTH / 2], 0, 1, 2, 3, 8, 9, 10, 11);
        x[i + WIDTH / 2] = SHUFFLE(four[i], four[i + WIDTH / 2], 4, 5, 6, 7, 12, 13, 14, 15);
    }
#elif VECTOR_BYTES == 32
    const V a = SHUFFLE(x[0], x[1], 0, 4, 2, 6), b = SHUFFLE(x[0], x[1], 1, 5, 3, 7);
    const V c = SHUFFLE(x[2], x[3], 0, 4, 2, 6), d = SHUFFLE(x[2], x[3], 1, 5, 3, 7);
    x[0] = SHUFFLE(a, c, 0, 1, 4, 5);
    x[1] = SHUFFLE(b, d, 0, 1, 4, 5);
    x[2] = SHUFFLE(a, c, 2, 3, 6, 7);
    x[3] = SHUFFLE(b, d, 2, 3, 6, 7);
#else
    const V first = SHUFFLE(x[0], x[1], 0, 2);
    x[1] = SHUFFLE(x[0], x[1], 1, 3);
    x[0] = first;
#endif
}

/* How many of some columns stand side by side in one array, from the first on. */
static int32_t NAME(side_by_side)(const Column *column, int32_t n)
{
    for (int32_t k = 1; k < n; k++)
        if (column[k].data != column->data + (size_t)k * sizeof(double)
            || column[k].stride != column->stride)
            return k;
    return n;
}

/* ------ loads */

#if VECTOR_BYTES == 64
/* The numbers of a row that are of own columns; the next columns come from the same rows. */
INLINE V NAME(load_row)(const char *from, const __mmask8 own)
{
    __builtin_prefetch(from + 2 * sizeof(V) - 1);
    return _mm512_maskz_loadu_pd(own, from);
}

/* At most WIDTH columns of WIDTH rows: a vector of each row, then rows and columns exchanged. */
INLINE void NAME(load_square)(const Frame *f, const Column *column, const int32_t *into,
                              const int32_t n, int part)
{
    const __mmask8 own = (__mmask8)((1 << n) - 1);
    V square[WIDTH];
    if (part < parts_in_order(f)) {
        const char *from = at_lane(f, column, part * WIDTH);
        const Py_ssize_t stride = column->stride;
        EACH(i, WIDTH)
            square[i] = NAME(load_row)(from + i * stride, own);
    } else
        EACH(i, WIDTH)
            square[i] = NAME(load_row)(at_lane(f, column, part * WIDTH + i), own);
    NAME(exchange)(square);
    /* in order, as LOAD has it where a register comes twice */
    EACH(i, WIDTH)
        if (i < n)
            ((V *)NAME(reg)(f, into[i]))[part] = square[i];
}

/* Two columns side by side, with nothing between their rows: one column are the even numbers,
 * the other the odd ones. */
INLINE void NAME(load_pair)(const Frame *f, const Column *column, const int32_t *into, int parts)
{
    const NAME(Unaligned) *row = (const NAME(Unaligned) *)at_lane(f, column, 0);
    V *even = (V *)NAME(reg)(f, into[0]), *odd = (V *)NAME(reg)(f, into[1]);
    for (int i = 0; i < VECTORS_OF(parts); i++) {
        const V low = row[2 * i], high = row[2 * i + 1];
        even[i] = SHUFFLE(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
        odd[i] = SHUFFLE(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
    }
}

/* Load columns as long as whole vectors of rows can be loaded; return how many parts of the
 * lanes are loaded. */
INLINE int NAME(load_side_by_side)(const Frame *f, const Column *column, const int32_t *into,
                                   int32_t n)
{
    if (n == 1 || n > WIDTH || NAME(side_by_side)(column, n) < n)
        return 0;
    if (n > 2) {
        for (int part = 0; part < f->parts; part++)
            NAME(load_square)(f, column, into, n, part);
        return f->parts;
    }
    const int tight = column->stride == 2 * (Py_ssize_t)sizeof(double);
    const int parts = tight ? parts_in_order(f) : 0;
    if (parts)
        NAME(load_pair)(f, column, into, parts);
    return parts;
}
#endif

/* What the next block reads of a column comes into the cache while this one computes. Not what the
 * block writes: memory that is new has no pages yet, and to look for them takes long. */
#define NEXT_BLOCK (BLOCK_LANES * sizeof(double))

/* A number that all lanes share, as in an array that was broadcast. */
static void NAME(load_number)(const Frame *f, const char *from, double *out)
{
    double x;
    memcpy(&x, from, sizeof x);
    for (int i = 0; i < VECTORS_OF(f->parts); i++)
        ((V *)out)[i] = SPLAT(x);
}

/* A column from some part of the lanes on. */
static void NAME(load_column)(const Frame *f, const Column *column, double *out, int part)
{
    if (column->stride == 0) {
        NAME(load_number)(f, column->data, out);
        return;
    }
    if (part < parts_in_order(f) && column->stride == (Py_ssize_t)sizeof(double)) {
        const NAME(Unaligned) *from = (const NAME(Unaligned) *)at_lane(f, column, 0);
        for (int i = VECTORS_OF(part); i < VECTORS_OF(parts_in_order(f)); i++) {
            ((V *)out)[i] = from[i];
            __builtin_prefetch((const char *)(from + i) + NEXT_BLOCK, 0, 2);
        }
        part = parts_in_order(f);
    }
    for (int i = part * WIDTH; i < f->parts * WIDTH; i++) {
        const char *from = at_lane(f, column, i);
        memcpy(&out[i], from, sizeof(double));
        /* the next columns come from the same rows */
        __builtin_prefetch(from + 16 * sizeof(double));
    }
}

static void NAME(run_load)(const Frame *f, const int32_t *code)
{
    const LoadWords words = load_words(code);
    const Column *column = f->inputs + words.input;
    const int32_t n = (int32_t)(words.end - words.registers);
    int part = 0;
#if VECTOR_BYTES == 64
    part = NAME(load_side_by_side)(f, column, words.registers, n);
#endif
    for (int32_t k = 0; part < f->parts && k < n; k++)
        NAME(load_column)(f, column + k, NAME(reg)(f, words.registers[k]), part);
}

/* ------ what sums over lanes take in */

/* A vector of a register, with a zero in the lanes that are not there or that a guard broke: that
 * is −0.0, for −0.0 + x is x. */
INLINE V NAME(masked)(V x, const Frame *f, int at)
{
    const I own = ((const I *)f->broken)[at] < 0;
    return (V)(((I)x & own) | ((I)SPLAT(-0.0) & ~own));
}

/* The same with 0.0, for the other factor of a product: −0.0 · 0.0 is −0.0. */
INLINE V NAME(cleared)(V x, const Frame *f, int at)
{
    return (V)((I)x & (((const I *)f->broken)[at] < 0));
}

/* ------ guards */
INLINE I NAME(fails)(const int how, const V x, const V y, const I unwanted)
{
    const I holds = how == IS_LESS ? (I)(x < y) : how == IS_AT_MOST ? (I)(x <= y) : (I)(x != y);
    return holds ^ unwanted;
}

/* Keep the sides of a guard in the lanes that broke it: the path that runs these lanes next need
 * not compute the sides. They stand behind `broken`. */
static void NAME(keep_sides)(Frame *f, const V *x, const V *y, const I number)
{
    const I *broken = (const I *)f->broken;
    I *to_x = (I *)f->broken + VECTORS_OF(BLOCK_LANES / WIDTH);
    I *to_y = to_x + VECTORS_OF(BLOCK_LANES / WIDTH);
    for (int i = 0; i < VECTORS_OF(f->parts); i++) {
        const I here = broken[i] == number;
        to_x[i] = (here & (I)x[i]) | (~here & to_x[i]);
        to_y[i] = (here & (I)y[i]) | (~here & to_y[i]);
    }
}

INLINE void NAME(guard)(Frame *f, const GuardWords *words, const int how)
{
    const V *x = (const V *)NAME(reg)(f, words->x), *y = (const V *)NAME(reg)(f, words->y);
    const I unwanted = (I){0} - (int64_t)words->outcome, number = (I){0} + (int64_t)words->number;
    I any = {0}, *broken = (I *)f->broken;
    for (int i = 0; i < VECTORS_OF(f->parts); i++) {
        const I now = NAME(fails)(how, x[i], y[i], unwanted) & (broken[i] < 0);
        broken[i] = (now & number) | (~now & broken[i]);
        any |= now;
    }
    int some = 0;
    for (int i = 0; i < VECTOR_LANES; i++)
        some |= any[i] != 0;
    if (some) {
        f->some = 1;
        NAME(keep_sides)(f, x, y, number);
    }
}

static void NAME(run_guard)(Frame *f, const int32_t *code)
{
    const GuardWords words = guard_words(code);
    switch (words.how) {
    case IS_LESS: NAME(guard)(f, &words, IS_LESS); break;
    case IS_AT_MOST: NAME(guard)(f, &words, IS_AT_MOST); break;
    default: NAME(guard)(f, &words, IS_UNEQUAL); break;
    }
}
#undef NEXT_BLOCK
