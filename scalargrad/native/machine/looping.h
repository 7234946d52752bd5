/* Instructions of loops in the lanes. Included by block.h. */

static void NAME(run_spread)(const Frame *f, const int32_t *code)
{
    const SpreadWords words = spread_words(code);
    const V number = SPLAT(f->uniform[f->walk[words.walk] + words.offset]);
    V *out = (V *)NAME(reg)(f, words.out);
    for (int i = 0; i < VECTORS_OF(f->parts); i++)
        out[i] = number;
}

static void NAME(copy)(const Frame *f, double *out, const double *x)
{
    for (int i = 0; i < VECTORS_OF(f->parts); i++)
        ((V *)out)[i] = ((const V *)x)[i];
}

static void NAME(run_gather)(const Frame *f, const int32_t *code)
{
    const GatherWords words = gather_words(code);
    const int64_t from = f->choice[f->walk[words.walk] + words.offset];
    NAME(copy)(f, NAME(reg)(f, words.out), NAME(reg)(f, (int32_t)from));
}

static void NAME(run_scatter)(const Frame *f, const int32_t *code)
{
    const ScatterWords words = scatter_words(code);
    const int64_t to = words.base + f->choice[f->walk[words.walk] + words.offset];
    V *out = (V *)NAME(reg)(f, (int32_t)to);
    const V *x = (const V *)NAME(reg)(f, words.x);
    for (int i = 0; i < VECTORS_OF(f->parts); i++)
        out[i] += x[i];
}

static void NAME(run_fill)(const Frame *f, const int32_t *code)
{
    const FillWords words = fill_words(code);
    for (int32_t k = 0; k < words.count; k++) {
        V *out = (V *)NAME(reg)(f, words.out + k);
        for (int i = 0; i < VECTORS_OF(f->parts); i++)
            out[i] = SPLAT(-0.0);
    }
}

static void NAME(run_move)(const Frame *f, const int32_t *code)
{
    const MoveWords words = move_words(code);
    NAME(copy)(f, NAME(reg)(f, words.out), NAME(reg)(f, words.x));
}

static void NAME(run_plus_product)(const Frame *f, const int32_t *code)
{
    const PlusProductWords words = plus_product_words(code);
    V *out = (V *)NAME(reg)(f, words.out);
    const V *x = (const V *)NAME(reg)(f, words.x), *y = (const V *)NAME(reg)(f, words.y);
    const V *z = (const V *)NAME(reg)(f, words.z);
    for (int i = 0; i < VECTORS_OF(f->parts); i++)
        out[i] = x[i] + y[i] * z[i];
}

static void NAME(run_minus_product)(const Frame *f, const int32_t *code)
{
    const MinusProductWords words = minus_product_words(code);
    V *out = (V *)NAME(reg)(f, words.out);
    const V *x = (const V *)NAME(reg)(f, words.x), *y = (const V *)NAME(reg)(f, words.y);
    const V *z = (const V *)NAME(reg)(f, words.z);
    for (int i = 0; i < VECTORS_OF(f->parts); i++)
        out[i] = x[i] - y[i] * z[i];
}

static void NAME(run_instruction)(Frame *f, const int32_t *code)
{
    switch (code[0]) {
#define ROW(CODE, name)                                                                           \
    case OP_##CODE: NAME(run_##name)(f, code); break;
        LANE_INSTRUCTIONS(ROW)
#undef ROW
    default: NAME(run_rows)(f, code);
    }
}

INLINE void NAME(move_registers)(const Frame *f, const LaneStep *s)
{
    const LaneMove *end = f->move + s->of.moves.end;
    for (const LaneMove *move = f->move + s->of.moves.begin; move < end; move++)
        *move->to = lane_register(f, (int32_t)(f->walk[move->walk] + move->offset));
}

/* The step after a loop's last, or the first of its body again. */
INLINE const LaneStep *NAME(after_iteration)(const Frame *f, const LaneStep *s)
{
    LaneLoop *loop = &f->loop[s->number];
    advance_walks(f->walk, &loop->words);
    return --loop->left ? s - loop->size : s + 1;
}

static void NAME(begin_lane_loop)(const Frame *f, const LaneStep *s)
{
    LaneLoop *loop = &f->loop[s->number];
    loop->left = loop->words.trips;
    begin_walks(f->walk, &loop->words);
}

/* All steps of a program with loops, on registers of `n` vectors: lanes beyond the last repeat it. */
INLINE void NAME(run_steps)(Frame *f, const int n)
{
#define EACH_VECTOR(CODE, result)                                                                 \
    case CODE: {                                                                                  \
        V *out = (V *)s->of.at[0];                                                                \
        const V *x = (const V *)s->of.at[1], *y = (const V *)s->of.at[2];                         \
        const V *z = (const V *)s->of.at[3];                                                      \
        (void)y, (void)z;                                                                         \
        EACH(i, n)                                                                                \
        out[i] = (result);                                                                        \
        break;                                                                                    \
    }
    for (const LaneStep *s = f->step;; s++)
        switch (s->way) {
            EACH_VECTOR(LANE_ADD, x[i] + y[i])
            EACH_VECTOR(LANE_SUB, x[i] - y[i])
            EACH_VECTOR(LANE_MUL, x[i] * y[i])
            EACH_VECTOR(LANE_DIV, x[i] / y[i])
            EACH_VECTOR(LANE_NEG, -x[i])
            EACH_VECTOR(LANE_MOVE, x[i])
            EACH_VECTOR(LANE_PLUS_PRODUCT, x[i] + y[i] * z[i])
            EACH_VECTOR(LANE_MINUS_PRODUCT, x[i] - y[i] * z[i])
        case LANE_SINE_COSINE:
            NAME(sine_cosine)(s->of.at[0], s->of.at[1], s->of.at[2], f->parts);
            break;
        case LANE_ROW:
            NAME(row_on)(s->number, s->of.at[0], s->of.at[1], s->of.at[2], s->of.at[3], f->parts);
            break;
        case LANE_INSTRUCTION: NAME(run_instruction)(f, s->of.code); break;
        case LANE_ALONG: NAME(move_registers)(f, s); break;
        case LANE_LOOP: NAME(begin_lane_loop)(f, s); break;
        case LANE_END:
            if (is_run_over(f, f->loop[s->number].size))
                return;
            s = NAME(after_iteration)(f, s) - 1;
            break;
        default: return;
        }
#undef EACH_VECTOR
}

static NOINLINE void NAME(run_16_lanes)(Frame *f)
{
    NAME(run_steps)(f, VECTORS_OF(2));
}

static NOINLINE void NAME(run_32_lanes)(Frame *f)
{
    NAME(run_steps)(f, VECTORS_OF(4));
}

static NOINLINE void NAME(run_64_lanes)(Frame *f)
{
    NAME(run_steps)(f, VECTORS_OF(8));
}

static NOINLINE void NAME(run_128_lanes)(Frame *f)
{
    NAME(run_steps)(f, VECTORS_OF(16));
}
