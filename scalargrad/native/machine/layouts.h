/* Generated from the table of instructions by python -m scalargrad.codegen. Do not edit.
 *
 * Which words an instruction may have; included by checked.h. */
#include "frame.h"

enum {
    SIZE_OWN,
    SIZE_NUMBERS,
    SIZE_REGISTERS,
    SIZE_PLACES,
    SIZE_INPUTS,
    SIZE_OUTPUTS,
    SIZE_TOTALS,
    SIZE_WALKS,
    SIZES,
};

enum {
    REACH_ONE,
    REACH_COUNT,
    REACH_STRETCH,
    REACH_SUMS,
};

enum {
    ONCE,
    EACH_ONE,
    EACH_ONE_OF_STEP,
};

enum {
    IN_BEFORE = 1,
    IN_LANES = 2,
    IN_AFTER = 4,
    IN_NEST = 16,
};

/* A word is at least `low`, and below its own `limit` or below a size of the program. */
typedef struct {
    int32_t low, limit;
    uint8_t size, reach, times;
} Word;

/* An instruction: where it may stand; how many words stand before its lists; how many of `word`
 * are those before the rest, then how many are a group of the rest, or how many kinds of runs there
 * are, with two words each; where the code tells the height, how many numbers there are, and the
 * ending, 0 where it does not. */
typedef struct {
    uint8_t stages, head, words, group, kinds, height, count, ending;
    const Word *word;
} Layout;

static const Word checked_PRODUCTS[] = {
    {0, 0, SIZE_PLACES, REACH_ONE, ONCE},
    {0, 0, SIZE_PLACES, REACH_ONE, ONCE},
    {0, 0, SIZE_PLACES, REACH_ONE, ONCE},
};

static const Word checked_GUARD[] = {
    {0, 3, SIZE_OWN, REACH_ONE, ONCE},
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
    {0, 2, SIZE_OWN, REACH_ONE, ONCE},
    {0, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
};

static const Word checked_PACK[] = {
    {0, 0, SIZE_PLACES, REACH_STRETCH, ONCE},
    {0, 0, SIZE_PLACES, REACH_ONE, ONCE},
};

static const Word checked_WIDE_PRODUCTS[] = {
    {0, 0, SIZE_PLACES, REACH_STRETCH, ONCE},
    {1, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
    {0, 0, SIZE_PLACES, REACH_ONE, ONCE},
    {0, 0, SIZE_PLACES, REACH_ONE, ONCE},
    {0, 0, SIZE_PLACES, REACH_ONE, ONCE},
    {0, 0, SIZE_PLACES, REACH_STRETCH, ONCE},
    {0, 0, SIZE_PLACES, REACH_STRETCH, ONCE},
    {0, 0, SIZE_PLACES, REACH_ONE, ONCE},
    {0, 0, SIZE_PLACES, REACH_STRETCH, ONCE},
    {0, 0, SIZE_PLACES, REACH_STRETCH, ONCE},
};

static const Word checked_WIDE_ROW[] = {
    {0, 0, SIZE_PLACES, REACH_STRETCH, ONCE},
    {1, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
    {0, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
    {0, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
    {0, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
};

static const Word checked_WIDE_TILE[] = {
    {1, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
    {1, 7, SIZE_OWN, REACH_ONE, ONCE},
    {0, 0, SIZE_PLACES, REACH_STRETCH, EACH_ONE},
    {-1, 0, SIZE_PLACES, REACH_ONE, EACH_ONE},
    {0, 0, SIZE_PLACES, REACH_STRETCH, ONCE},
    {0, 0, SIZE_PLACES, REACH_ONE, EACH_ONE},
};

static const Word checked_LOAD[] = {
    {0, 0, SIZE_INPUTS, REACH_COUNT, ONCE},
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
};

static const Word checked_STORE[] = {
    {0, 0, SIZE_OUTPUTS, REACH_COUNT, ONCE},
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
};

static const Word checked_LANE_PRODUCTS[] = {
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
    {0, 0, SIZE_PLACES, REACH_ONE, ONCE},
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
    {0, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
    {0, 0, SIZE_PLACES, REACH_ONE, ONCE},
    {0, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
};

static const Word checked_DENSE[] = {
    {0, 3, SIZE_OWN, REACH_ONE, ONCE},
    {1, 7, SIZE_OWN, REACH_ONE, ONCE},
    {0, 0, SIZE_REGISTERS, REACH_ONE, EACH_ONE},
    {-1, 0, SIZE_PLACES, REACH_ONE, EACH_ONE},
    {0, 0, SIZE_REGISTERS, REACH_ONE, EACH_ONE_OF_STEP},
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
    {0, 0, SIZE_PLACES, REACH_ONE, EACH_ONE},
};

static const Word checked_MINUS[] = {
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
    {0, 0, SIZE_PLACES, REACH_ONE, ONCE},
};

static const Word checked_TOTAL[] = {
    {0, 0, SIZE_TOTALS, REACH_ONE, ONCE},
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
};

static const Word checked_TOTALS[] = {
    {0, 0, SIZE_TOTALS, REACH_SUMS, ONCE},
    {1, 5, SIZE_OWN, REACH_ONE, ONCE},
    {0, 0, SIZE_REGISTERS, REACH_ONE, EACH_ONE},
    {-1, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
};

static const Word checked_LOOP[] = {
    {1, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
    {1, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
    {0, 0, SIZE_WALKS, REACH_ONE, ONCE},
    {-1, 0, SIZE_WALKS, REACH_ONE, ONCE},
    {-2147483647, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
    {-2147483647, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
};

static const Word checked_ALONG[] = {
    {0, 0, SIZE_WALKS, REACH_ONE, ONCE},
    {-2147483647, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
    {1, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
};

static const Word checked_SPREAD[] = {
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
    {0, 0, SIZE_WALKS, REACH_ONE, ONCE},
    {-2147483647, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
};

static const Word checked_READ[] = {
    {0, 0, SIZE_PLACES, REACH_ONE, ONCE},
    {0, 0, SIZE_WALKS, REACH_ONE, ONCE},
    {-2147483647, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
};

static const Word checked_WRITE[] = {
    {0, 0, SIZE_WALKS, REACH_ONE, ONCE},
    {-2147483647, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
    {0, 0, SIZE_PLACES, REACH_ONE, ONCE},
};

static const Word checked_ADD[] = {
    {0, 0, SIZE_WALKS, REACH_ONE, ONCE},
    {-2147483647, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
    {0, 0, SIZE_PLACES, REACH_ONE, ONCE},
};

static const Word checked_READ_STRETCH[] = {
    {0, 0, SIZE_NUMBERS, REACH_COUNT, ONCE},
    {1, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
    {0, 0, SIZE_WALKS, REACH_ONE, ONCE},
    {-2147483647, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
};

static const Word checked_WRITE_STRETCH[] = {
    {0, 0, SIZE_WALKS, REACH_ONE, ONCE},
    {-2147483647, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
    {0, 0, SIZE_NUMBERS, REACH_COUNT, ONCE},
    {1, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
};

static const Word checked_MOVE_STRETCH[] = {
    {0, 0, SIZE_NUMBERS, REACH_COUNT, ONCE},
    {0, 0, SIZE_NUMBERS, REACH_COUNT, ONCE},
    {1, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
};

static const Word checked_GATHER[] = {
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
    {0, 0, SIZE_WALKS, REACH_ONE, ONCE},
    {-2147483647, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
};

static const Word checked_SCATTER[] = {
    {0, 0, SIZE_WALKS, REACH_ONE, ONCE},
    {-2147483647, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
};

static const Word checked_MOVE[] = {
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
};

static const Word checked_FILL[] = {
    {0, 0, SIZE_NUMBERS, REACH_COUNT, ONCE},
    {1, 2147483647, SIZE_OWN, REACH_ONE, ONCE},
};

static const Word checked_PLUS_PRODUCT[] = {
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
};

static const Word checked_MINUS_PRODUCT[] = {
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
};

static const Word checked_SINE_COSINE[] = {
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
    {0, 0, SIZE_NUMBERS, REACH_ONE, ONCE},
};

static const Word checked_ERF_GAUSSIAN[] = {
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
};

static const Word checked_ERFC_GAUSSIAN[] = {
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
    {0, 0, SIZE_REGISTERS, REACH_ONE, ONCE},
};

static const Layout layouts[] = {
    [OP_PRODUCTS - OP_COUNT] =
        {IN_BEFORE | IN_AFTER | IN_NEST, 3, 1, 2, 0, 0, 0, 0, checked_PRODUCTS},
    [OP_GUARD - OP_COUNT] =
        {IN_BEFORE | IN_LANES | IN_NEST, 7, 5, 0, 0, 0, 0, 0, checked_GUARD},
    [OP_PACK - OP_COUNT] =
        {IN_BEFORE | IN_AFTER | IN_NEST, 3, 1, 1, 0, 0, 0, 0, checked_PACK},
    [OP_WIDE_PRODUCTS - OP_COUNT] =
        {IN_BEFORE | IN_AFTER | IN_NEST, 4, 2, 0, 4, 0, 3, 0, checked_WIDE_PRODUCTS},
    [OP_WIDE_ROW - OP_COUNT] =
        {IN_BEFORE | IN_AFTER | IN_NEST, 6, 4, 1, 0, 0, 3, 0, checked_WIDE_ROW},
    [OP_WIDE_TILE - OP_COUNT] =
        {IN_BEFORE | IN_AFTER | IN_NEST, 4, 4, 2, 0, 3, 2, 0, checked_WIDE_TILE},
    [OP_LOAD - OP_COUNT] =
        {IN_LANES, 3, 1, 1, 0, 0, 0, 0, checked_LOAD},
    [OP_STORE - OP_COUNT] =
        {IN_LANES, 3, 1, 1, 0, 0, 0, 0, checked_STORE},
    [OP_LANE_PRODUCTS - OP_COUNT] =
        {IN_LANES, 3, 1, 0, 4, 0, 0, 0, checked_LANE_PRODUCTS},
    [OP_DENSE - OP_COUNT] =
        {IN_LANES, 4, 5, 2, 0, 3, 0, 2, checked_DENSE},
    [OP_MINUS - OP_COUNT] =
        {IN_LANES, 2, 0, 3, 0, 0, 0, 0, checked_MINUS},
    [OP_TOTAL - OP_COUNT] =
        {IN_LANES, 4, 2, 0, 0, 0, 0, 0, checked_TOTAL},
    [OP_TOTALS - OP_COUNT] =
        {IN_LANES, 4, 3, 1, 0, 3, 0, 0, checked_TOTALS},
    [OP_LOOP - OP_COUNT] =
        {IN_LANES | IN_NEST, 4, 2, 4, 0, 0, 0, 0, checked_LOOP},
    [OP_ALONG - OP_COUNT] =
        {IN_LANES | IN_NEST, 2, 0, 3, 0, 0, 0, 0, checked_ALONG},
    [OP_SPREAD - OP_COUNT] =
        {IN_LANES, 5, 3, 0, 0, 0, 0, 0, checked_SPREAD},
    [OP_READ - OP_COUNT] =
        {IN_NEST, 5, 3, 0, 0, 0, 0, 0, checked_READ},
    [OP_WRITE - OP_COUNT] =
        {IN_NEST, 5, 3, 0, 0, 0, 0, 0, checked_WRITE},
    [OP_ADD - OP_COUNT] =
        {IN_NEST, 5, 3, 0, 0, 0, 0, 0, checked_ADD},
    [OP_READ_STRETCH - OP_COUNT] =
        {IN_NEST, 6, 4, 0, 0, 0, 3, 0, checked_READ_STRETCH},
    [OP_WRITE_STRETCH - OP_COUNT] =
        {IN_NEST, 6, 4, 0, 0, 0, 5, 0, checked_WRITE_STRETCH},
    [OP_MOVE_STRETCH - OP_COUNT] =
        {IN_NEST, 5, 3, 0, 0, 0, 4, 0, checked_MOVE_STRETCH},
    [OP_GATHER - OP_COUNT] =
        {IN_LANES | IN_NEST, 5, 3, 0, 0, 0, 0, 0, checked_GATHER},
    [OP_SCATTER - OP_COUNT] =
        {IN_LANES | IN_NEST, 6, 4, 0, 0, 0, 0, 0, checked_SCATTER},
    [OP_MOVE - OP_COUNT] =
        {IN_LANES | IN_NEST, 4, 2, 0, 0, 0, 0, 0, checked_MOVE},
    [OP_FILL - OP_COUNT] =
        {IN_LANES | IN_NEST, 4, 2, 0, 0, 0, 3, 0, checked_FILL},
    [OP_PLUS_PRODUCT - OP_COUNT] =
        {IN_LANES | IN_NEST, 6, 4, 0, 0, 0, 0, 0, checked_PLUS_PRODUCT},
    [OP_MINUS_PRODUCT - OP_COUNT] =
        {IN_LANES | IN_NEST, 6, 4, 0, 0, 0, 0, 0, checked_MINUS_PRODUCT},
    [OP_SINE_COSINE - OP_COUNT] =
        {IN_LANES | IN_NEST, 5, 3, 0, 0, 0, 0, 0, checked_SINE_COSINE},
    [OP_ERF_GAUSSIAN - OP_COUNT] =
        {IN_LANES, 5, 3, 0, 0, 0, 0, 0, checked_ERF_GAUSSIAN},
    [OP_ERFC_GAUSSIAN - OP_COUNT] =
        {IN_LANES, 5, 3, 0, 0, 0, 0, 0, checked_ERFC_GAUSSIAN},
};
