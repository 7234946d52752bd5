/* Tiles of registers, for sums that share what they read: sums of products of numbers with the same
 * lanes, and sums over the lanes. Included by block.h, once for each instruction set. */

/* ------ sums of products of numbers and the same vectors */
#if VECTOR_BYTES == 64 || defined(__aarch64__)
#define TILE_PARTS 4
#else
#define TILE_PARTS 2
#endif

typedef struct {
    V row[DENSE_ROWS][2 * TILE_PARTS];
} NAME(Tile);

/* Add a term to the sums, one vector of x at a time, with the numbers of all rows of the tile in
 * registers. */
INLINE NAME(Tile)
    NAME(by_vector)(NAME(Tile) sum, const int rows, const int parts, const double *number,
                    const int32_t *place, const NAME(Anywhere) * x)
{
    V w[DENSE_ROWS];
    EACH(r, rows)
        w[r] = SPLAT(number[place[r]]);
    EACH(i, parts) {
        const V here = x[i];
        EACH(r, rows)
            sum.row[r][i] += w[r] * here;
    }
    return sum;
}

/* The same one row at a time, with all vectors of x in registers: six numbers would find no
 * room. */
INLINE NAME(Tile)
    NAME(by_row)(NAME(Tile) sum, const int rows, const int parts, const double *number,
                 const int32_t *place, const NAME(Anywhere) * x)
{
    V here[2 * TILE_PARTS];
    EACH(i, parts)
        here[i] = x[i];
    EACH(r, rows) {
        const V w = SPLAT(number[place[r]]);
        EACH(i, parts)
            sum.row[r][i] += w * here[i];
    }
    return sum;
}

/* The sums of so many rows over so many vectors. */
INLINE NAME(Tile) NAME(tile)(const int rows, const int parts, const Shared *s)
{
    NAME(Tile) sum;
    EACH(r, rows) {
        const V first = SPLAT(s->first[r] < 0 ? -0.0 : s->number[s->first[r]]);
        EACH(i, parts)
            sum.row[r][i] = first;
    }
    for (const int32_t *at = s->term; at < s->end; at += 1 + rows) {
        const NAME(Anywhere) *x = (const NAME(Anywhere) *)(s->x + ((size_t)at[0] << s->bits));
        sum = rows > FEW_ROWS ? NAME(by_row)(sum, rows, parts, s->number, at + 1, x)
                              : NAME(by_vector)(sum, rows, parts, s->number, at + 1, x);
    }
    return sum;
}

/* ------ dense layers */

INLINE V NAME(ending)(V sum, const Frame *f, const DenseWords *d, int row, int part)
{
    if (d->ending == RELU)
        return NAME(v_relu)(sum);
    if (d->ending == STEP)
        return sum * NAME(v_step)(((const V *)NAME(reg)(f, d->chooser[row]))[part]);
    return sum;
}

INLINE void NAME(dense_tile)(const int rows, const int parts, const Frame *f, const DenseWords *d,
                             int part)
{
    const Shared shared = {
        f->lanes + part * VECTOR_LANES, f->bits, f->uniform, d->first, d->terms, d->end};
    NAME(Tile) sum = NAME(tile)(rows, parts, &shared);
    EACH(r, rows)
        EACH(i, parts)
            sum.row[r][i] = NAME(ending)(sum.row[r][i], f, d, r, part + i);
    EACH(r, rows)
        EACH(i, parts)
            ((V *)NAME(reg)(f, d->out[r]))[part + i] = sum.row[r][i];
}

/* All lanes of some rows; half a tile is enough where it holds the lanes that are left. */
INLINE void NAME(dense_rows)(const int rows, const int parts, const Frame *f, const DenseWords *d)
{
    const int vectors = VECTORS_OF(f->parts);
    int part = 0;
    for (; vectors - part > parts / 2; part += parts)
        NAME(dense_tile)(rows, parts, f, d, part);
    if (part < vectors)
        NAME(dense_tile)(rows, parts / 2, f, d, part);
}

static void NAME(run_dense)(const Frame *f, const int32_t *code)
{
    const DenseWords d = dense_words(code);
    switch (d.rows) {
    case 1: NAME(dense_rows)(1, 2 * TILE_PARTS, f, &d); break;
    case 2: NAME(dense_rows)(2, 2 * TILE_PARTS, f, &d); break;
    case 3: NAME(dense_rows)(3, TILE_PARTS, f, &d); break;
    case 4: NAME(dense_rows)(4, TILE_PARTS, f, &d); break;
    case 5: NAME(dense_rows)(5, TILE_PARTS, f, &d); break;
    case 6: NAME(dense_rows)(6, TILE_PARTS, f, &d); break;
    }
}

/* ------ sums over the lanes */
#if VECTOR_BYTES == 64
#define TILE_ROWS 4
#define ROWS_REACH 5
#define ROW_REACHES 9
#define SHAPES_OF_ROWS(SHAPE) SHAPE(4, 1) SHAPE(4, 2) SHAPE(4, 3) SHAPE(4, 4) SHAPE(4, 5)
/* clang-format off */
#define SHAPES_OF_ROW(SHAPE)                                                                      \
    SHAPE(1, 1) SHAPE(1, 2) SHAPE(1, 3) SHAPE(1, 4) SHAPE(1, 5)                                   \
    SHAPE(1, 6) SHAPE(1, 7) SHAPE(1, 8) SHAPE(1, 9)
/* clang-format on */
#else
#define TILE_ROWS 2
#define ROWS_REACH 3
#define ROW_REACHES 5
#define SHAPES_OF_ROWS(SHAPE) SHAPE(2, 1) SHAPE(2, 2) SHAPE(2, 3)
#define SHAPES_OF_ROW(SHAPE) SHAPE(1, 1) SHAPE(1, 2) SHAPE(1, 3) SHAPE(1, 4) SHAPE(1, 5)
#endif

/* of a tile, in whole vectors */
#define MOST_SUMS ((TILE_ROWS * ROWS_REACH + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES)

/* As many sums as a vector has lanes: of all lanes of each of so many vectors. */
INLINE V NAME(sums_of)(const V *x)
{
#if VECTOR_BYTES == 64
    V pair[4], four[2];
    EACH(i, 4)
        pair[i] = SHUFFLE(x[2 * i], x[2 * i + 1], 0, 8, 2, 10, 4, 12, 6, 14)
                  + SHUFFLE(x[2 * i], x[2 * i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    EACH(i, 2)
        four[i] = SHUFFLE(pair[2 * i], pair[2 * i + 1], 0, 1, 8, 9, 4, 5, 12, 13)
                  + SHUFFLE(pair[2 * i], pair[2 * i + 1], 2, 3, 10, 11, 6, 7, 14, 15);
    return SHUFFLE(four[0], four[1], 0, 1, 2, 3, 8, 9, 10, 11)
           + SHUFFLE(four[0], four[1], 4, 5, 6, 7, 12, 13, 14, 15);
#elif VECTOR_BYTES == 32
    V pair[2];
    EACH(i, 2)
        pair[i] = SHUFFLE(x[2 * i], x[2 * i + 1], 0, 4, 2, 6)
                  + SHUFFLE(x[2 * i], x[2 * i + 1], 1, 5, 3, 7);
    return SHUFFLE(pair[0], pair[1], 0, 1, 4, 5) + SHUFFLE(pair[0], pair[1], 2, 3, 6, 7);
#else
    return SHUFFLE(x[0], x[1], 0, 2) + SHUFFLE(x[0], x[1], 1, 3);
#endif
}

/* Add sums to the totals of a tile, its k-th and those after; `rows` of the tile's are one
 * column. */
INLINE void NAME(add_to_totals)(const int rows, const int count, V sums, const TotalsWords *t,
                                double *total, int k)
{
    if (count == VECTOR_LANES && rows == t->rows)
        *(NAME(Unaligned) *)(total + k) += sums;
    else
        for (int i = 0; i < count; i++)
            total[(k + i) / rows * t->rows + (k + i) % rows] += sums[i];
}

/* The sums of a tile over all lanes. Lanes beyond the last repeat the last: where one of the
 * sides is zero in them their products are zero. */
INLINE void NAME(sum_all)(const int rows, const int columns, const Frame *f, V *sum,
                          const V *const *x, const V *const *y)
{
    const int last = VECTORS_OF(f->parts - 1);
    EACH(i, VECTORS_OF(1))
        EACH(r, rows) {
            const V own = NAME(masked)(x[r][last + i], f, last + i);
            EACH(c, columns) {
                V *to = &sum[c * rows + r];
                const V product = own * y[c][last + i];
                *to = i ? *to + product : product;
            }
        }
    for (int part = 0; part < last; part++)
        EACH(c, columns)
            EACH(r, rows)
                sum[c * rows + r] += x[r][part] * y[c][part];
}

/* The same over the lanes that no guard broke: in other lanes there may be any number. */
INLINE void NAME(sum_some)(const int rows, const int columns, const Frame *f, V *sum,
                           const V *const *x, const V *const *y)
{
    EACH(k, rows * columns)
        sum[k] = SPLAT(-0.0);
    for (int part = 0; part < VECTORS_OF(f->parts); part++) {
        V own[TILE_ROWS];
        EACH(r, rows)
            own[r] = NAME(masked)(x[r][part], f, part);
        EACH(c, columns) {
            const V local = NAME(cleared)(y[c][part], f, part);
            EACH(r, rows)
                sum[c * rows + r] += own[r] * local;
        }
    }
}

/* The sums of a tile stay in registers while both sides pass by once. */
INLINE void NAME(totals_tile)(const int rows, const int columns, const Frame *f,
                              const TotalsWords *t, int row, int column)
{
    const int n = rows * columns, groups = (n + VECTOR_LANES - 1) / VECTOR_LANES;
    V sum[MOST_SUMS];
    const V *x[TILE_ROWS], *y[ROW_REACHES];
    EACH(r, rows)
        x[r] = (const V *)NAME(reg)(f, t->x[row + r]);
    EACH(c, columns)
        y[c] = (const V *)register_or_ones(f, t->y[column + c]);
    EACH(k, groups * VECTOR_LANES - n)
        sum[n + k] = SPLAT(0.0);
    if (f->some)
        NAME(sum_some)(rows, columns, f, sum, x, y);
    else
        NAME(sum_all)(rows, columns, f, sum, x, y);
    double *total = total_at(f, t, row, column);
    EACH(g, groups) {
        const int k = g * VECTOR_LANES, left = n - k;
        NAME(add_to_totals)(rows, left < VECTOR_LANES ? left : VECTOR_LANES,
                            NAME(sums_of)(sum + k), t, total, k);
    }
}

/* Each shape is a function: inlined into one, they hold each other's addresses in registers. */
typedef void NAME(Shape)(const Frame *f, const TotalsWords *t, int row, int column);
#define SHAPE(rows, columns)                                                                      \
    static NOINLINE void NAME(totals_##rows##_by_##columns)(const Frame *f, const TotalsWords *t, \
                                                            int row, int column)                  \
    {                                                                                             \
        NAME(totals_tile)(rows, columns, f, t, row, column);                                      \
    }
/* clang-format off */
SHAPES_OF_ROWS(SHAPE) SHAPES_OF_ROW(SHAPE)
#undef SHAPE
#define SHAPE(rows, columns) [columns] = NAME(totals_##rows##_by_##columns),
static NAME(Shape) *const NAME(shapes_of_rows)[ROWS_REACH + 1] = {SHAPES_OF_ROWS(SHAPE)};
static NAME(Shape) *const NAME(shapes_of_row)[ROW_REACHES + 1] = {SHAPES_OF_ROW(SHAPE)};
#undef SHAPE
/* clang-format on */

/* Some rows with all columns; the last shape has one more rather than one by itself. */
INLINE void NAME(totals_across)(NAME(Shape) *const *shape, const int most, const Frame *f,
                                const TotalsWords *t, int row)
{
    for (int column = 0, left; (left = (int)(t->end - t->y) - column) > 0;) {
        const int columns = left <= most ? left : most - 1;
        shape[columns](f, t, row, column);
        column += columns;
    }
}

static void NAME(run_totals)(const Frame *f, const int32_t *code)
{
    const TotalsWords t = totals_words(code);
    int row = 0;
    for (; row + TILE_ROWS <= t.rows; row += TILE_ROWS)
        NAME(totals_across)(NAME(shapes_of_rows), ROWS_REACH, f, &t, row);
    for (; row < t.rows; row++)
        NAME(totals_across)(NAME(shapes_of_row), ROW_REACHES, f, &t, row);
}

/* ------ a sum over the lanes */
static void NAME(run_total)(const Frame *f, const int32_t *code)
{
    const TotalWords words = total_words(code);
    const V *x = (const V *)NAME(reg)(f, words.x);
    V sum = SPLAT(-0.0);
    for (int i = 0; i < VECTORS_OF(f->parts); i++)
        sum += NAME(masked)(x[i], f, i);
    for (int i = 0; i < VECTOR_LANES; i++)
        f->totals[words.total] += sum[i];
}

#undef TILE_ROWS
#undef ROWS_REACH
#undef ROW_REACHES
#undef MOST_SUMS
#undef SHAPES_OF_ROWS
#undef SHAPES_OF_ROW
#undef SHUFFLE
