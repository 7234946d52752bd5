/* Generated from the table of instructions by python -m scalargrad.codegen. Do not edit.
 *
 * Included after rules.h. NAME_HEAD is how many words stand before the lists of an
 * instruction, {op, length} among them. */
enum {
    OP_PRODUCTS = OP_COUNT,
    OP_GUARD,
    OP_PACK,
    OP_WIDE_PRODUCTS,
    OP_WIDE_ROW,
    OP_WIDE_TILE,
    OP_LOAD,
    OP_STORE,
    OP_LANE_PRODUCTS,
    OP_DENSE,
    OP_MINUS,
    OP_TOTAL,
    OP_TOTALS,
    OP_END,
};

enum {
    PRODUCTS_HEAD = 3,
    GUARD_HEAD = 7,
    PACK_HEAD = 3,
    WIDE_PRODUCTS_HEAD = 4,
    WIDE_ROW_HEAD = 6,
    WIDE_TILE_HEAD = 4,
    LOAD_HEAD = 3,
    STORE_HEAD = 4,
    LANE_PRODUCTS_HEAD = 3,
    DENSE_HEAD = 4,
    MINUS_HEAD = 2,
    TOTAL_HEAD = 4,
    TOTALS_HEAD = 4,
};
