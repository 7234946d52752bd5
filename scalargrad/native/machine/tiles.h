/* Tiles of registers, for sums that share what they read: sums of products of numbers with the same
 * lanes, and sums over the lanes. Included by block.h. */

/* ------ sums of products of numbers and the same vectors */
#if VECTOR_BYTES == 64 || defined(__aarch64__)
#define TILE_PARTS 4
#else
#define TILE_PARTS 2
#endif

typedef struct {
    V sum[DENSE_HEIGHT][2 * TILE_PARTS];
} NAME(Tile);

/* Add a term to the sums of a tile, one vector of x at a time, with the numbers of all sums in
 * registers. */
INLINE NAME(Tile)
    NAME(by_vector)(NAME(Tile) tile, const int height, const int parts, const double *number,
                    const int32_t *place, const NAME(Anywhere) * x)
{
    V w[DENSE_HEIGHT];
    EACH(r, height)
        w[r] = SPLAT(number[place[r]]);
    EACH(i, parts) {
        const V here = x[i];
        EACH(r, height)
            tile.sum[r][i] += w[r] * here;
    }
    return tile;
}

/* The same one sum at a time, with all vectors of x in registers: six numbers would find no
 * room. */
INLINE NAME(Tile)
    NAME(by_sum)(NAME(Tile) tile, const int height, const int parts, const double *number,
                 const int32_t *place, const NAME(Anywhere) * x)
{
    V here[2 * TILE_PARTS];
    EACH(i, parts)
        here[i] = x[i];
    EACH(r, height) {
        const V w = SPLAT(number[place[r]]);
        EACH(i, parts)
            tile.sum[r][i] += w * here[i];
    }
    return tile;
}

/* A tile of so many sums over so many vectors. */
INLINE NAME(Tile) NAME(tile)(const int height, const int parts, const Shared *s)
{
    NAME(Tile) tile;
    EACH(r, height) {
        const V first = SPLAT(s->first[r] < 0 ? -0.0 : s->number[s->first[r]]);
        EACH(i, parts)
            tile.sum[r][i] = first;
    }
    for (const int32_t *at = s->term; at < s->end; at += 1 + height) {
        const NAME(Anywhere) *x = (const NAME(Anywhere) *)(s->x + ((size_t)at[0] << s->bits));
        tile = height > FEW_SUMS ? NAME(by_sum)(tile, height, parts, s->number, at + 1, x)
                                 : NAME(by_vector)(tile, height, parts, s->number, at + 1, x);
    }
    return tile;
}

/* ------ dense layers */

INLINE V NAME(ending)(V sum, const Frame *f, const DenseWords *d, int k, int part)
{
    if (d->ending == RELU)
        return NAME(v_relu)(sum);
    if (d->ending == STEP)
        return sum * NAME(v_step)(((const V *)NAME(reg)(f, d->chooser[k]))[part]);
    return sum;
}

INLINE void NAME(dense_tile)(const int height, const int parts, const Frame *f,
                             const DenseWords *d, int part)
{
    const Shared shared = {
        f->lanes + part * VECTOR_LANES, f->bits, f->uniform, d->first, d->terms, d->end};
    NAME(Tile) tile = NAME(tile)(height, parts, &shared);
    EACH(r, height)
        EACH(i, parts)
            tile.sum[r][i] = NAME(ending)(tile.sum[r][i], f, d, r, part + i);
    EACH(r, height)
        EACH(i, parts)
            ((V *)NAME(reg)(f, d->out[r]))[part + i] = tile.sum[r][i];
}

/* All lanes of a tile; half a tile is enough where it holds the lanes that are left. */
INLINE void NAME(dense_lanes)(const int height, const int parts, const Frame *f,
                              const DenseWords *d)
{
    const int vectors = VECTORS_OF(f->parts);
    int part = 0;
    for (; vectors - part > parts / 2; part += parts)
        NAME(dense_tile)(height, parts, f, d, part);
    if (part < vectors)
        NAME(dense_tile)(height, parts / 2, f, d, part);
}

static void NAME(run_dense)(const Frame *f, const int32_t *code)
{
    const DenseWords d = dense_words(code);
    switch (d.height) {
    case 1: NAME(dense_lanes)(1, 2 * TILE_PARTS, f, &d); break;
    case 2: NAME(dense_lanes)(2, 2 * TILE_PARTS, f, &d); break;
    case 3: NAME(dense_lanes)(3, TILE_PARTS, f, &d); break;
    case 4: NAME(dense_lanes)(4, TILE_PARTS, f, &d); break;
    case 5: NAME(dense_lanes)(5, TILE_PARTS, f, &d); break;
    case 6: NAME(dense_lanes)(6, TILE_PARTS, f, &d); break;
    }
}

/* ------ sums over the lanes */
#if VECTOR_BYTES == 64
#define TILE_HEIGHT 4
#define TALL_REACH 5
#define FLAT_REACH 9
#define TALL_SHAPES(SHAPE) SHAPE(4, 1) SHAPE(4, 2) SHAPE(4, 3) SHAPE(4, 4) SHAPE(4, 5)
/* clang-format off */
#define FLAT_SHAPES(SHAPE)                                                                      \
    SHAPE(1, 1) SHAPE(1, 2) SHAPE(1, 3) SHAPE(1, 4) SHAPE(1, 5)                                   \
    SHAPE(1, 6) SHAPE(1, 7) SHAPE(1, 8) SHAPE(1, 9)
/* clang-format on */
#else
#define TILE_HEIGHT 2
#define TALL_REACH 3
#define FLAT_REACH 5
#define TALL_SHAPES(SHAPE) SHAPE(2, 1) SHAPE(2, 2) SHAPE(2, 3)
#define FLAT_SHAPES(SHAPE) SHAPE(1, 1) SHAPE(1, 2) SHAPE(1, 3) SHAPE(1, 4) SHAPE(1, 5)
#endif

/* of a tile, in whole vectors */
#define MOST_SUMS ((TILE_HEIGHT * TALL_REACH + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES)

/* Add up the lanes of each vector, of as many vectors as a vector has lanes: a vector of the sums.
 * */
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

/* Add sums to the totals of a tile, its k-th and those after: `height` of them have one y. */
INLINE void NAME(add_to_totals)(const int height, const int count, V sums, const TotalsWords *t,
                                double *total, int k)
{
    if (count == VECTOR_LANES && height == t->height)
        *(NAME(Unaligned) *)(total + k) += sums;
    else
        for (int i = 0; i < count; i++)
            total[(k + i) / height * t->height + (k + i) % height] += sums[i];
}

/* The sums of a tile over all lanes. Lanes beyond the last repeat the last: where one of the
 * sides is zero in them their products are zero. */
INLINE void NAME(sum_all)(const int height, const int width, const Frame *f, V *sum,
                          const V *const *x, const V *const *y)
{
    const int last = VECTORS_OF(f->parts - 1);
    EACH(i, VECTORS_OF(1))
        EACH(r, height) {
            const V own = NAME(masked)(x[r][last + i], f, last + i);
            EACH(c, width) {
                V *to = &sum[c * height + r];
                const V product = own * y[c][last + i];
                *to = i ? *to + product : product;
            }
        }
    for (int part = 0; part < last; part++)
        EACH(c, width)
            EACH(r, height)
                sum[c * height + r] += x[r][part] * y[c][part];
}

/* The same over the lanes that no guard broke: in other lanes there may be any number. */
INLINE void NAME(sum_some)(const int height, const int width, const Frame *f, V *sum,
                           const V *const *x, const V *const *y)
{
    EACH(k, height * width)
        sum[k] = SPLAT(-0.0);
    for (int part = 0; part < VECTORS_OF(f->parts); part++) {
        V own[TILE_HEIGHT];
        EACH(r, height)
            own[r] = NAME(masked)(x[r][part], f, part);
        EACH(c, width) {
            const V local = NAME(cleared)(y[c][part], f, part);
            EACH(r, height)
                sum[c * height + r] += own[r] * local;
        }
    }
}

/* The sums of a tile stay in registers while both sides pass by once. */
INLINE void NAME(totals_tile)(const int height, const int width, const Frame *f,
                              const TotalsWords *t, int at_x, int at_y)
{
    const int n = height * width, groups = (n + VECTOR_LANES - 1) / VECTOR_LANES;
    V sum[MOST_SUMS];
    const V *x[TILE_HEIGHT], *y[FLAT_REACH];
    EACH(r, height)
        x[r] = (const V *)NAME(reg)(f, t->x[at_x + r]);
    EACH(c, width)
        y[c] = (const V *)register_or_ones(f, t->y[at_y + c]);
    EACH(k, groups * VECTOR_LANES - n)
        sum[n + k] = SPLAT(0.0);
    if (f->some)
        NAME(sum_some)(height, width, f, sum, x, y);
    else
        NAME(sum_all)(height, width, f, sum, x, y);
    double *total = total_at(f, t, at_x, at_y);
    EACH(g, groups) {
        const int k = g * VECTOR_LANES, left = n - k;
        NAME(add_to_totals)(height, left < VECTOR_LANES ? left : VECTOR_LANES,
                            NAME(sums_of)(sum + k), t, total, k);
    }
}

/* Each shape is a function: inlined into one, they hold each other's addresses in registers. */
typedef void NAME(Shape)(const Frame *f, const TotalsWords *t, int at_x, int at_y);
#define SHAPE(height, width)                                                                      \
    static NOINLINE void NAME(totals_##height##_by_##width)(const Frame *f, const TotalsWords *t, \
                                                            int at_x, int at_y)                   \
    {                                                                                             \
        NAME(totals_tile)(height, width, f, t, at_x, at_y);                                       \
    }
/* clang-format off */
TALL_SHAPES(SHAPE) FLAT_SHAPES(SHAPE)
#undef SHAPE
#define SHAPE(height, width) [width] = NAME(totals_##height##_by_##width),
static NAME(Shape) *const NAME(tall_shapes)[TALL_REACH + 1] = {TALL_SHAPES(SHAPE)};
static NAME(Shape) *const NAME(flat_shapes)[FLAT_REACH + 1] = {FLAT_SHAPES(SHAPE)};
#undef SHAPE
/* clang-format on */

/* Sum the products of some x with all y. A shape takes `most` − 1 of the y; the last takes `most`,
 * for no y to be left by itself. */
INLINE void NAME(totals_across)(NAME(Shape) *const *shape, const int most, const Frame *f,
                                const TotalsWords *t, int at_x)
{
    for (int at_y = 0, left; (left = (int)(t->end - t->y) - at_y) > 0;) {
        const int width = left <= most ? left : most - 1;
        shape[width](f, t, at_x, at_y);
        at_y += width;
    }
}

static void NAME(run_totals)(const Frame *f, const int32_t *code)
{
    const TotalsWords t = totals_words(code);
    int at_x = 0;
    for (; at_x + TILE_HEIGHT <= t.height; at_x += TILE_HEIGHT)
        NAME(totals_across)(NAME(tall_shapes), TALL_REACH, f, &t, at_x);
    for (; at_x < t.height; at_x++)
        NAME(totals_across)(NAME(flat_shapes), FLAT_REACH, f, &t, at_x);
}

/* ------ a sum over the lanes */
/* Add the sum of so many vectors, from the `begin`th on, to a total. */
INLINE void NAME(add_to_total)(const Frame *f, TotalWords words, int begin, int vectors)
{
    const V *x = (const V *)NAME(reg)(f, words.x);
    V sum = SPLAT(-0.0);
    for (int i = begin; i < begin + vectors; i++)
        sum += NAME(masked)(x[i], f, i);
    for (int i = 0; i < VECTOR_LANES; i++)
        f->totals[words.total] += sum[i];
}

/* Code with loops adds as many lanes at a time as the shortest registers have, so that the bits of
 * a sum do not depend on how long registers are. */
static void NAME(run_total)(const Frame *f, const int32_t *code)
{
    const int all = VECTORS_OF(f->parts);
    const int each = f->step ? VECTORS_OF((1 << LEAST_BITS) / WIDTH) : all;
    for (int begin = 0; begin < all; begin += each)
        NAME(add_to_total)(f, total_words(code), begin, each);
}

#undef TILE_HEIGHT
#undef TALL_REACH
#undef FLAT_REACH
#undef MOST_SUMS
#undef TALL_SHAPES
#undef FLAT_SHAPES
#undef SHUFFLE
