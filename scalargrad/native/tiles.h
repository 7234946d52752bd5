/* What is done in tiles of registers, so that what the rows share is read once: sums of products of
 * numbers with the same lanes, and sums over the lanes. Included by lanes.h, once for each
 * instruction set. */

/* ------ dense layers */
#if VECTOR_BYTES == 64
#define TILE_PARTS 4
#define TILE_ROWS 4
#define TILE_COLUMNS 4
#elif defined(__aarch64__)
#define TILE_PARTS 4
#define TILE_ROWS 2
#define TILE_COLUMNS 2
#else
#define TILE_PARTS 2
#define TILE_ROWS 2
#define TILE_COLUMNS 2
#endif

INLINE V NAME(ending)(V sum, const Frame *f, const Dense *d, int row, int part)
{
    if (d->ending == RELU)
        return NAME(v_relu)(sum);
    if (d->ending == STEP)
        return sum * NAME(v_step)(((const V *)NAME(reg)(f, d->other[row]))[part]);
    if (d->ending == MINUS)
        return sum - SPLAT(f->uniform[d->other[row]]);
    return sum;
}

/* A tile of `rows` sums over `parts` vectors of lanes stays in registers: each vector of x is read
 * once for all rows. */
INLINE void NAME(dense_tile)(const int rows, const int parts, const Frame *f, const Dense *d,
                             int part)
{
    V sum[TILE][2 * TILE_PARTS];
    EACH(r, rows) {
        const V first = SPLAT(d->first[r] < 0 ? -0.0 : f->uniform[d->first[r]]);
        EACH(i, parts) sum[r][i] = first;
    }
    for (const int32_t *at = d->term; at < d->end; at += 1 + rows) {
        const V *x = (const V *)NAME(reg)(f, at[0]) + part;
        V w[TILE];
        EACH(r, rows) w[r] = SPLAT(f->uniform[at[1 + r]]);
        EACH(i, parts) {
            const V here = x[i];
            EACH(r, rows) sum[r][i] += w[r] * here;
        }
    }
    EACH(r, rows) EACH(i, parts) sum[r][i] = NAME(ending)(sum[r][i], f, d, r, part + i);
    EACH(r, rows) EACH(i, parts) ((V *)NAME(reg)(f, d->out[r]))[part + i] = sum[r][i];
}

static void NAME(run_dense)(const Frame *f, const int32_t *code)
{
    const Dense d = dense_at(code);
    switch (d.rows) {
#define ROWS(n, parts)                                                                            \
    case n:                                                                                       \
        for (int part = 0; part < VECTORS; part += parts)                                         \
            NAME(dense_tile)(n, parts, f, &d, part);                                              \
        break;
        ROWS(1, 2 * TILE_PARTS)
        ROWS(2, 2 * TILE_PARTS)
        ROWS(3, TILE_PARTS)
        ROWS(4, TILE_PARTS)
#undef ROWS
    }
}

/* ------ sums over the lanes */
/* A tile of totals, `rows` by `columns`, stays in registers while both sides pass by once. Of the
 * WIDTH numbers of a total as many are used as a vector has. */
INLINE void NAME(totals_tile)(const int rows, const int columns, const Frame *f, const Totals *t,
                              int row, int column)
{
    V sum[TILE_ROWS][TILE_COLUMNS];
    const V *x[TILE_ROWS], *y[TILE_COLUMNS];
    double *total = total_at(f, t, row, column);
    EACH(r, rows) x[r] = (const V *)NAME(reg)(f, t->x[row + r]);
    EACH(c, columns) y[c] = (const V *)register_or_ones(f, t->y[column + c]);
    EACH(r, rows) EACH(c, columns) sum[r][c] = *(V *)(total + (c * t->rows + r) * WIDTH);
    for (int i = 0; i < VECTORS; i++)
        EACH(r, rows) EACH(c, columns) sum[r][c] += x[r][i] * y[c][i];
    EACH(r, rows) EACH(c, columns) *(V *)(total + (c * t->rows + r) * WIDTH) = sum[r][c];
}

static void NAME(totals_of_row)(const Frame *f, const Totals *t, int row)
{
    const V *x = (const V *)NAME(reg)(f, t->x[row]);
    for (int column = 0; column < t->columns; column++) {
        const V *y = (const V *)register_or_ones(f, t->y[column]);
        V *total = (V *)total_at(f, t, row, column);
        V even = *total, odd = SPLAT(0.0);
        EACH(i, VECTORS / 2) {
            even += x[2 * i] * y[2 * i];
            odd += x[2 * i + 1] * y[2 * i + 1];
        }
        *total = even + odd;
    }
}

static void NAME(totals_in_tiles)(const Frame *f, const Totals *t, int row)
{
    int column = 0;
    for (; column + TILE_COLUMNS <= t->columns; column += TILE_COLUMNS)
        NAME(totals_tile)(TILE_ROWS, TILE_COLUMNS, f, t, row, column);
    switch (t->columns - column) {
    case 1: NAME(totals_tile)(TILE_ROWS, 1, f, t, row, column); break;
#if TILE_COLUMNS > 2
    case 2: NAME(totals_tile)(TILE_ROWS, 2, f, t, row, column); break;
    case 3: NAME(totals_tile)(TILE_ROWS, 3, f, t, row, column); break;
#endif
    }
}

static void NAME(run_totals)(const Frame *f, const int32_t *code)
{
    const Totals t = totals_at(code);
    int row = 0;
    for (; row + TILE_ROWS <= t.rows; row += TILE_ROWS)
        NAME(totals_in_tiles)(f, &t, row);
    for (; row < t.rows; row++)
        NAME(totals_of_row)(f, &t, row);
}

INLINE void NAME(some_total)(V *total, const V *x, const V *y, const Frame *f)
{
    V even = *total, odd = SPLAT(0.0);
    for (int i = 0; i < VECTORS; i += 2) {
        even += NAME(masked)(x[i] * y[i], f, i);
        odd += NAME(masked)(x[i + 1] * y[i + 1], f, i + 1);
    }
    *total = even + odd;
}

/* The same where only some lanes are taken in. */
static void NAME(run_some_totals)(const Frame *f, const int32_t *code)
{
    const Totals t = totals_at(code);
    for (int column = 0; column < t.columns; column++)
        for (int row = 0; row < t.rows; row++)
            NAME(some_total)((V *)total_at(f, &t, row, column),
                             (const V *)NAME(reg)(f, t.x[row]),
                             (const V *)register_or_ones(f, t.y[column]), f);
}

#undef TILE_PARTS
#undef TILE_ROWS
#undef TILE_COLUMNS
