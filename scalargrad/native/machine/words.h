/* Generated from the table of instructions by python -m scalargrad.codegen. Do not edit.
 *
 * name_words reads an instruction. Included by frame.h. */
enum {
    BLOCK_LANES = 128,
    WIDTH = 8,
    DENSE_HEIGHT = 6,
    TOTALS_HEIGHT = 4,
};

enum { IS_LESS = 0, IS_AT_MOST = 1, IS_UNEQUAL = 2 };

enum { PLAIN = 0, RELU = 1, STEP = 2 };

enum { UNIFORM_LANE = 0, BOTH_LANES = 1, LANE_ALONE = 2, UNIFORM_ALONE = 3 };

enum { NUMBER_NUMBER = 0, NUMBER_STRETCH = 1, STRETCH_NUMBER = 2, STRETCH_STRETCH = 3 };

enum { ALL_HOLD = -1, LANES_BROKEN = -2, DOUBT = -3 };

/* out = Σ x·y, in the order of the terms, from −0.0 on: {op, length, out, terms: {x, y} …} */
typedef struct {
    int32_t out;
    const int32_t *terms, *end;
} ProductsWords;

INLINE ProductsWords products_words(const int32_t *code)
{
    ProductsWords words;
    words.out = code[2];
    words.terms = code + 3;
    words.end = code + code[1];
    return words;
}

/* the guard of this number holds where comparing x with y gives the outcome: {op, length, how,
 * x, y, outcome, number} */
typedef struct {
    int32_t how, x, y, outcome, number;
} GuardWords;

INLINE GuardWords guard_words(const int32_t *code)
{
    GuardWords words;
    words.how = code[2];
    words.x = code[3];
    words.y = code[4];
    words.outcome = code[5];
    words.number = code[6];
    return words;
}

/* out, a stretch, is these numbers side by side: {op, length, out, numbers …} */
typedef struct {
    int32_t out;
    const int32_t *numbers, *end;
} PackWords;

INLINE PackWords pack_words(const int32_t *code)
{
    PackWords words;
    words.out = code[2];
    words.numbers = code + 3;
    words.end = code + code[1];
    return words;
}

/* PRODUCTS for each of count numbers side by side: {op, length, out, count, runs: {kind, count,
 * x and y for each} …} */
typedef struct {
    int32_t out, count;
    const int32_t *runs, *end;
} WideProductsWords;

INLINE WideProductsWords wide_products_words(const int32_t *code)
{
    WideProductsWords words;
    words.out = code[2];
    words.count = code[3];
    words.runs = code + 4;
    words.end = code + code[1];
    return words;
}

/* an operator for each of count numbers side by side; bit k of stretches tells whether operand k
 * is a stretch or one number: {op, length, out, count, row, stretches, operands …} */
typedef struct {
    int32_t out, count, row, stretches;
    const int32_t *operands, *end;
} WideRowWords;

INLINE WideRowWords wide_row_words(const int32_t *code)
{
    WideRowWords words;
    words.out = code[2];
    words.count = code[3];
    words.row = code[4];
    words.stretches = code[5];
    words.operands = code + 6;
    words.end = code + code[1];
    return words;
}

/* each out = first + Σ x·number, where all are stretches of count but the number; first may be
 * none: {op, length, count, height, out for each one, first for each one, terms: {x, numbers for
 * each one} …} */
typedef struct {
    int32_t count, height;
    const int32_t *out, *first, *terms, *end;
} WideTileWords;

INLINE WideTileWords wide_tile_words(const int32_t *code)
{
    WideTileWords words;
    words.count = code[2];
    words.height = code[3];
    words.out = code + 4;
    words.first = words.out + words.height;
    words.terms = words.first + words.height;
    words.end = code + code[1];
    return words;
}

/* the registers are the inputs from this one on: {op, length, input, registers …} */
typedef struct {
    int32_t input;
    const int32_t *registers, *end;
} LoadWords;

INLINE LoadWords load_words(const int32_t *code)
{
    LoadWords words;
    words.input = code[2];
    words.registers = code + 3;
    words.end = code + code[1];
    return words;
}

/* the outputs from this one on are the registers: {op, length, output, registers …} */
typedef struct {
    int32_t output;
    const int32_t *registers, *end;
} StoreWords;

INLINE StoreWords store_words(const int32_t *code)
{
    StoreWords words;
    words.output = code[2];
    words.registers = code + 3;
    words.end = code + code[1];
    return words;
}

/* out = Σ x·y, in the order of the terms, from −0.0 on: {op, length, out, runs: {kind, count, x
 * and y for each} …} */
typedef struct {
    int32_t out;
    const int32_t *runs, *end;
} LaneProductsWords;

INLINE LaneProductsWords lane_products_words(const int32_t *code)
{
    LaneProductsWords words;
    words.out = code[2];
    words.runs = code + 3;
    words.end = code + code[1];
    return words;
}

/* each out = first + Σ x·number, ended as told; first may be none: {op, length, ending, height,
 * out for each one, first for each one, chooser for each one of step, terms: {x, numbers for
 * each one} …} */
typedef struct {
    int32_t ending, height;
    const int32_t *out, *first, *chooser, *terms, *end;
} DenseWords;

INLINE DenseWords dense_words(const int32_t *code)
{
    DenseWords words;
    words.ending = code[2];
    words.height = code[3];
    words.out = code + 4;
    words.first = words.out + words.height;
    words.chooser = words.first + words.height;
    words.terms = words.chooser + (words.ending == STEP ? words.height : 0);
    words.end = code + code[1];
    return words;
}

/* out = x − number, one after the other: {op, length, terms: {out, x, number} …} */
typedef struct {
    const int32_t *terms, *end;
} MinusWords;

INLINE MinusWords minus_words(const int32_t *code)
{
    MinusWords words;
    words.terms = code + 2;
    words.end = code + code[1];
    return words;
}

/* x is added to the total, in the lanes where all guards hold: {op, length, total, x} */
typedef struct {
    int32_t total, x;
} TotalWords;

INLINE TotalWords total_words(const int32_t *code)
{
    TotalWords words;
    words.total = code[2];
    words.x = code[3];
    return words;
}

/* x·y is added to a total for each y and each x, side by side from the first, where all guards
 * hold; a y of none is 1: {op, length, total, height, x for each one, y …} */
typedef struct {
    int32_t total, height;
    const int32_t *x, *y, *end;
} TotalsWords;

INLINE TotalsWords totals_words(const int32_t *code)
{
    TotalsWords words;
    words.total = code[2];
    words.height = code[3];
    words.x = code + 4;
    words.y = words.x + words.height;
    words.end = code + code[1];
    return words;
}

/* the next size words of code, trips times; each walk begins at the offset from another, or from
 * 0, and goes on by its stride after each time: {op, length, trips, size, walks: {walk, begin,
 * offset, stride} …} */
typedef struct {
    int32_t trips, size;
    const int32_t *walks, *end;
} LoopWords;

INLINE LoopWords loop_words(const int32_t *code)
{
    LoopWords words;
    words.trips = code[2];
    words.size = code[3];
    words.walks = code + 4;
    words.end = code + code[1];
    return words;
}

/* the word of the code so far ahead of this instruction becomes the number at the offset from a
 * walk: {op, length, words: {walk, offset, ahead} …} */
typedef struct {
    const int32_t *words, *end;
} AlongWords;

INLINE AlongWords along_words(const int32_t *code)
{
    AlongWords words;
    words.words = code + 2;
    words.end = code + code[1];
    return words;
}

/* out is, in every lane, the number in the place at the offset from a walk: {op, length, out,
 * walk, offset} */
typedef struct {
    int32_t out, walk, offset;
} SpreadWords;

INLINE SpreadWords spread_words(const int32_t *code)
{
    SpreadWords words;
    words.out = code[2];
    words.walk = code[3];
    words.offset = code[4];
    return words;
}

/* out is the number in the place at the offset from a walk: {op, length, out, walk, offset} */
typedef struct {
    int32_t out, walk, offset;
} ReadWords;

INLINE ReadWords read_words(const int32_t *code)
{
    ReadWords words;
    words.out = code[2];
    words.walk = code[3];
    words.offset = code[4];
    return words;
}

/* the place at the offset from a walk becomes x: {op, length, walk, offset, x} */
typedef struct {
    int32_t walk, offset, x;
} WriteWords;

INLINE WriteWords write_words(const int32_t *code)
{
    WriteWords words;
    words.walk = code[2];
    words.offset = code[3];
    words.x = code[4];
    return words;
}

/* x is added to the place at the offset from a walk: {op, length, walk, offset, x} */
typedef struct {
    int32_t walk, offset, x;
} AddWords;

INLINE AddWords add_words(const int32_t *code)
{
    AddWords words;
    words.walk = code[2];
    words.offset = code[3];
    words.x = code[4];
    return words;
}

/* out, a stretch of count, is the one at the offset from a walk: {op, length, out, count, walk,
 * offset} */
typedef struct {
    int32_t out, count, walk, offset;
} ReadStretchWords;

INLINE ReadStretchWords read_stretch_words(const int32_t *code)
{
    ReadStretchWords words;
    words.out = code[2];
    words.count = code[3];
    words.walk = code[4];
    words.offset = code[5];
    return words;
}

/* the stretch at the offset from a walk becomes x, a stretch of count: {op, length, walk,
 * offset, x, count} */
typedef struct {
    int32_t walk, offset, x, count;
} WriteStretchWords;

INLINE WriteStretchWords write_stretch_words(const int32_t *code)
{
    WriteStretchWords words;
    words.walk = code[2];
    words.offset = code[3];
    words.x = code[4];
    words.count = code[5];
    return words;
}

/* out = x, each a stretch of count: {op, length, out, x, count} */
typedef struct {
    int32_t out, x, count;
} MoveStretchWords;

INLINE MoveStretchWords move_stretch_words(const int32_t *code)
{
    MoveStretchWords words;
    words.out = code[2];
    words.x = code[3];
    words.count = code[4];
    return words;
}

/* out is the number that the index at the offset from a walk tells: {op, length, out, walk,
 * offset} */
typedef struct {
    int32_t out, walk, offset;
} GatherWords;

INLINE GatherWords gather_words(const int32_t *code)
{
    GatherWords words;
    words.out = code[2];
    words.walk = code[3];
    words.offset = code[4];
    return words;
}

/* x is added to the number that the index at the offset from a walk tells, counted from a base:
 * {op, length, walk, offset, base, x} */
typedef struct {
    int32_t walk, offset, base, x;
} ScatterWords;

INLINE ScatterWords scatter_words(const int32_t *code)
{
    ScatterWords words;
    words.walk = code[2];
    words.offset = code[3];
    words.base = code[4];
    words.x = code[5];
    return words;
}

/* out = x: {op, length, out, x} */
typedef struct {
    int32_t out, x;
} MoveWords;

INLINE MoveWords move_words(const int32_t *code)
{
    MoveWords words;
    words.out = code[2];
    words.x = code[3];
    return words;
}

/* count numbers side by side become −0.0, which is nothing: {op, length, out, count} */
typedef struct {
    int32_t out, count;
} FillWords;

INLINE FillWords fill_words(const int32_t *code)
{
    FillWords words;
    words.out = code[2];
    words.count = code[3];
    return words;
}

/* out = x + y·z, rounded twice: {op, length, out, x, y, z} */
typedef struct {
    int32_t out, x, y, z;
} PlusProductWords;

INLINE PlusProductWords plus_product_words(const int32_t *code)
{
    PlusProductWords words;
    words.out = code[2];
    words.x = code[3];
    words.y = code[4];
    words.z = code[5];
    return words;
}

/* out = x − y·z, rounded twice: {op, length, out, x, y, z} */
typedef struct {
    int32_t out, x, y, z;
} MinusProductWords;

INLINE MinusProductWords minus_product_words(const int32_t *code)
{
    MinusProductWords words;
    words.out = code[2];
    words.x = code[3];
    words.y = code[4];
    words.z = code[5];
    return words;
}

/* the sine and the cosine of x: {op, length, sine, cosine, x} */
typedef struct {
    int32_t sine, cosine, x;
} SineCosineWords;

INLINE SineCosineWords sine_cosine_words(const int32_t *code)
{
    SineCosineWords words;
    words.sine = code[2];
    words.cosine = code[3];
    words.x = code[4];
    return words;
}

/* the error function of x, and exp(−x²): {op, length, erf, gaussian, x} */
typedef struct {
    int32_t erf, gaussian, x;
} ErfGaussianWords;

INLINE ErfGaussianWords erf_gaussian_words(const int32_t *code)
{
    ErfGaussianWords words;
    words.erf = code[2];
    words.gaussian = code[3];
    words.x = code[4];
    return words;
}

/* 1 less the error function of x, and exp(−x²): {op, length, erfc, gaussian, x} */
typedef struct {
    int32_t erfc, gaussian, x;
} ErfcGaussianWords;

INLINE ErfcGaussianWords erfc_gaussian_words(const int32_t *code)
{
    ErfcGaussianWords words;
    words.erfc = code[2];
    words.gaussian = code[3];
    words.x = code[4];
    return words;
}

enum { PRODUCTS_TERMS = 2 };
typedef struct {
    int32_t x, y;
} ProductsTermsWords;

INLINE ProductsTermsWords products_terms_words(const int32_t *at)
{
    return (ProductsTermsWords){at[0], at[1]};
}

enum { MINUS_TERMS = 3 };
typedef struct {
    int32_t out, x, number;
} MinusTermsWords;

INLINE MinusTermsWords minus_terms_words(const int32_t *at)
{
    return (MinusTermsWords){at[0], at[1], at[2]};
}

enum { LOOP_WALKS = 4 };
typedef struct {
    int32_t walk, begin, offset, stride;
} LoopWalksWords;

INLINE LoopWalksWords loop_walks_words(const int32_t *at)
{
    return (LoopWalksWords){at[0], at[1], at[2], at[3]};
}

enum { ALONG_WORDS = 3 };
typedef struct {
    int32_t walk, offset, ahead;
} AlongWordsWords;

INLINE AlongWordsWords along_words_words(const int32_t *at)
{
    return (AlongWordsWords){at[0], at[1], at[2]};
}

/* ROW(NAME, name): numbers alone, stretches of numbers, lanes */
#define NUMBER_INSTRUCTIONS(ROW) \
    ROW(PRODUCTS, products) \
    ROW(GUARD, guard)

#define WIDE_INSTRUCTIONS(ROW) \
    ROW(PACK, pack) \
    ROW(WIDE_PRODUCTS, wide_products) \
    ROW(WIDE_ROW, wide_row) \
    ROW(WIDE_TILE, wide_tile)

#define LANE_INSTRUCTIONS(ROW) \
    ROW(GUARD, guard) \
    ROW(LOAD, load) \
    ROW(STORE, store) \
    ROW(LANE_PRODUCTS, lane_products) \
    ROW(DENSE, dense) \
    ROW(MINUS, minus) \
    ROW(TOTAL, total) \
    ROW(TOTALS, totals) \
    ROW(SPREAD, spread) \
    ROW(GATHER, gather) \
    ROW(SCATTER, scatter) \
    ROW(MOVE, move) \
    ROW(FILL, fill) \
    ROW(PLUS_PRODUCT, plus_product) \
    ROW(MINUS_PRODUCT, minus_product) \
    ROW(SINE_COSINE, sine_cosine) \
    ROW(ERF_GAUSSIAN, erf_gaussian) \
    ROW(ERFC_GAUSSIAN, erfc_gaussian)
