/* Instructions on stretches of uniform numbers: many of one kind done side by side. Included by
 * block.h.
 *
 * An operand is a number, the same throughout, or a stretch: as many numbers as the result has.
 * Stretches begin anywhere. Vectors may reach WIDTH − 1 numbers past their ends. */

/* the sums of so many vectors stay in registers at once */
#define STRETCHES_AT_ONCE 8

typedef struct {
    V vector[STRETCHES_AT_ONCE];
} NAME(StretchSums);

/* ------ Σ x·y: terms are added in their order */

INLINE NAME(StretchSums)
    NAME(number_times_stretch)(NAME(StretchSums) sum, const int parts, const double *u,
                               int32_t base, const Run *run, int number)
{
    for (int32_t k = 0; k < run->count; k++) {
        const int32_t *term = run->term + 2 * k;
        const V w = SPLAT(u[term[number]]);
        const NAME(Anywhere) *x = (const NAME(Anywhere) *)(u + term[!number] + base);
        EACH(i, parts)
            sum.vector[i] += w * x[i];
    }
    return sum;
}

INLINE NAME(StretchSums) NAME(stretch_times_stretch)(NAME(StretchSums) sum, const int parts,
                                                     const double *u, int32_t base, const Run *run)
{
    for (int32_t k = 0; k < run->count; k++) {
        const NAME(Anywhere) *x = (const NAME(Anywhere) *)(u + run->term[2 * k] + base);
        const NAME(Anywhere) *y = (const NAME(Anywhere) *)(u + run->term[2 * k + 1] + base);
        EACH(i, parts)
            sum.vector[i] += x[i] * y[i];
    }
    return sum;
}

INLINE NAME(StretchSums) NAME(number_times_number)(NAME(StretchSums) sum, const int parts,
                                                   const double *u, const Run *run)
{
    for (int32_t k = 0; k < run->count; k++) {
        const V w = SPLAT(u[run->term[2 * k]] * u[run->term[2 * k + 1]]);
        EACH(i, parts)
            sum.vector[i] += w;
    }
    return sum;
}

/* Take as many vectors of sums as `parts`, of which the first begins at number `base`. */
INLINE void NAME(wide_part)(const int parts, double *u, const WideProductsWords *words,
                            int32_t base)
{
    NAME(StretchSums) sum;
    EACH(i, parts)
        sum.vector[i] = SPLAT(-0.0);
    for (const int32_t *at = words->runs; at < words->end;) {
        const Run run = run_at(at);
        switch (run.kind) {
        case NUMBER_NUMBER: sum = NAME(number_times_number)(sum, parts, u, &run); break;
        case NUMBER_STRETCH: sum = NAME(number_times_stretch)(sum, parts, u, base, &run, 0); break;
        case STRETCH_NUMBER: sum = NAME(number_times_stretch)(sum, parts, u, base, &run, 1); break;
        case STRETCH_STRETCH: sum = NAME(stretch_times_stretch)(sum, parts, u, base, &run); break;
        }
        at = after(&run);
    }
    NAME(Anywhere) *out = (NAME(Anywhere) *)(u + words->out + base);
    EACH(i, parts)
        out[i] = sum.vector[i];
}

static void NAME(run_wide_products)(double *u, const int32_t *code)
{
    const WideProductsWords words = wide_products_words(code);
    int32_t base = 0;
    const int32_t step = STRETCHES_AT_ONCE * VECTOR_LANES;
    for (; words.count - base > step - VECTOR_LANES; base += step)
        NAME(wide_part)(STRETCHES_AT_ONCE, u, &words, base);
    switch ((words.count - base + VECTOR_LANES - 1) / VECTOR_LANES) {
    case 1: NAME(wide_part)(1, u, &words, base); break;
    case 2: NAME(wide_part)(2, u, &words, base); break;
    case 3: NAME(wide_part)(3, u, &words, base); break;
    case 4: NAME(wide_part)(4, u, &words, base); break;
    case 5: NAME(wide_part)(5, u, &words, base); break;
    case 6: NAME(wide_part)(6, u, &words, base); break;
    case 7: NAME(wide_part)(7, u, &words, base); break;
    }
}

/* ------ several sums that share their stretches: each vector of these is read once for all */
#if TILE_PARTS == 4
#define SHAPES_OF_PARTS(SHAPE, height)                                                            \
    SHAPE(height, 1) SHAPE(height, 2) SHAPE(height, 3) SHAPE(height, 4)
#else
#define SHAPES_OF_PARTS(SHAPE, height) SHAPE(height, 1) SHAPE(height, 2)
#endif

INLINE void NAME(wide_tile)(const int height, const int parts, double *u, const WideTileWords *t,
                            int32_t base)
{
    const Shared shared = {u + base, 0, u, t->first, t->terms, t->end};
    const NAME(Tile) tile = NAME(tile)(height, parts, &shared);
    EACH(r, height)
        EACH(i, parts)
            ((NAME(Anywhere) *)(u + t->out[r] + base))[i] = tile.sum[r][i];
}

typedef void NAME(WideShape)(double *u, const WideTileWords *t, int32_t base);
#define SHAPE(height, parts)                                                                      \
    static NOINLINE void NAME(wide_##height##_by_##parts)(double *u, const WideTileWords *t,      \
                                                          int32_t base)                           \
    {                                                                                             \
        NAME(wide_tile)(height, parts, u, t, base);                                               \
    }
/* clang-format off */
SHAPES_OF_PARTS(SHAPE, 1) SHAPES_OF_PARTS(SHAPE, 2)
SHAPES_OF_PARTS(SHAPE, 3) SHAPES_OF_PARTS(SHAPE, 4)
SHAPES_OF_PARTS(SHAPE, 5) SHAPES_OF_PARTS(SHAPE, 6)
#undef SHAPE
#define SHAPE(height, parts) [height][parts] = NAME(wide_##height##_by_##parts),
static NAME(WideShape) *const NAME(wide_shapes)[DENSE_HEIGHT + 1][TILE_PARTS + 1] = {
    SHAPES_OF_PARTS(SHAPE, 1) SHAPES_OF_PARTS(SHAPE, 2)
    SHAPES_OF_PARTS(SHAPE, 3) SHAPES_OF_PARTS(SHAPE, 4)
    SHAPES_OF_PARTS(SHAPE, 5) SHAPES_OF_PARTS(SHAPE, 6)};
/* clang-format on */
#undef SHAPE

/* The last numbers are computed first, so that a vector that reaches into the next sum is written
 * before that sum is. */
static void NAME(run_wide_tile)(double *u, const int32_t *code)
{
    const WideTileWords t = wide_tile_words(code);
    int left = (t.count + VECTOR_LANES - 1) / VECTOR_LANES;
    while (left > 0) {
        const int parts = (left - 1) % TILE_PARTS + 1;
        left -= parts;
        NAME(wide_shapes)[t.height][parts](u, &t, left * VECTOR_LANES);
    }
}
#undef TILE_PARTS
#undef SHAPES_OF_PARTS

/* ------ a row of the operator table */

/* Write a number at least n times, in whole vectors. */
INLINE void NAME(repeat)(double *to, int n, double x)
{
    for (int i = 0; i < n; i += VECTOR_LANES)
        *(NAME(Anywhere) *)(to + i) = SPLAT(x);
}

/* Write `count` numbers into two vectors of WIDTH, and the first of them wherever there are no
 * more. */
INLINE void NAME(fill)(double *to, const double *x, int count)
{
    I lane;
    EACH(i, VECTOR_LANES)
        lane[i] = i;
    const I first = (I)SPLAT(x[0]);
    for (int i = 0; i < 2 * WIDTH; i += VECTOR_LANES) {
        const I own = lane < (int64_t)(count - i);
        const I numbers = (I) * (const NAME(Anywhere) *)(x + (i < count ? i : 0));
        *(NAME(Anywhere) *)(to + i) = (V)((numbers & own) | (first & ~own));
    }
}

/* Rows take two vectors at a time: those that are full are computed where they stand. */
static void NAME(whole_vectors)(double *u, const WideRowWords *row, int32_t whole)
{
    double number[3][BLOCK_LANES];
    const double *x[3] = {u, u, u};
    const int stretches = row->stretches, operands = (int)(row->end - row->operands);
    const int32_t step = stretches == (1 << operands) - 1 || whole < BLOCK_LANES ? whole
                                                                                 : BLOCK_LANES;
    for (int k = 0; k < operands; k++) {
        x[k] = stretches >> k & 1 ? u + row->operands[k] : number[k];
        if (!(stretches >> k & 1))
            NAME(repeat)(number[k], step, u[row->operands[k]]);
    }
    for (int32_t base = 0; base < whole; base += step) {
        NAME(row_on)(row->row, u + row->out + base, x[0], x[1], x[2],
                     (whole - base < step ? whole - base : step) / WIDTH);
        for (int k = 0; k < operands; k++)
            x[k] += stretches >> k & 1 ? step : 0;
    }
}

/* Compute the last numbers, which fill no two vectors, in memory of their own. */
static void NAME(last_vectors)(double *u, const WideRowWords *row, int32_t whole)
{
    double out[2 * WIDTH], x[3][2 * WIDTH];
    const int32_t count = row->count - whole;
    for (int k = 0; k < row->end - row->operands; k++) {
        if (row->stretches >> k & 1)
            NAME(fill)(x[k], u + row->operands[k] + whole, count);
        else
            NAME(repeat)(x[k], 2 * WIDTH, u[row->operands[k]]);
    }
    NAME(row_on)(row->row, out, x[0], x[1], x[2], 2);
    double *to = u + row->out + whole;
    for (int i = 0; i < count; i += VECTOR_LANES)
        *(NAME(Anywhere) *)(to + i) = *(const NAME(Anywhere) *)(out + i);
}

static void NAME(run_wide_row)(double *u, const int32_t *code)
{
    const WideRowWords row = wide_row_words(code);
    const int32_t whole = row.count - row.count % (2 * WIDTH);
    if (whole)
        NAME(whole_vectors)(u, &row, whole);
    if (whole < row.count)
        NAME(last_vectors)(u, &row, whole);
}

/* ------ numbers put side by side */

/* Numbers are packed a vector at a time: soon they are read as vectors, and what is read as a
 * vector has to be written as one to be there at once. */
INLINE void NAME(pack_vector)(double *to, const double *u, const int32_t *from, int last)
{
    V numbers;
    EACH(i, VECTOR_LANES)
        numbers[i] = u[from[i < last ? i : last]];
    *(NAME(Anywhere) *)to = numbers;
}

static void NAME(run_pack)(double *u, const int32_t *code)
{
    const PackWords words = pack_words(code);
    const int32_t *from = words.numbers;
    double *to = u + words.out;
    for (; words.end - from >= VECTOR_LANES; from += VECTOR_LANES, to += VECTOR_LANES)
        NAME(pack_vector)(to, u, from, VECTOR_LANES - 1);
    if (from < words.end)
        NAME(pack_vector)(to, u, from, (int)(words.end - from) - 1);
}

static void NAME(run_wide)(double *u, const int32_t *code)
{
    switch (code[0]) {
#define ROW(CODE, name)                                                                           \
    case OP_##CODE: NAME(run_##name)(u, code); break;
        WIDE_INSTRUCTIONS(ROW)
#undef ROW
    }
}

#undef STRETCHES_AT_ONCE
