/* Instructions of loops in the lanes. Included by block.h.
 *
 * Registers that move along walks are words of the code that ALONG writes anew in each iteration:
 * every thread has a copy of the code. */

static void NAME(run_along)(const Frame *f, const int32_t *code)
{
    const AlongWords words = along_words(code);
    int32_t *to = f->moving + (code - f->code);
    for (const int32_t *at = words.words; at < words.end; at += ALONG_WORDS) {
        const AlongWordsWords move = along_words_words(at);
        to[move.ahead] = (int32_t)(f->walk[move.walk] + move.offset);
    }
}

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

static void NAME(run_move)(const Frame *f, const int32_t *code)
{
    const MoveWords words = move_words(code);
    NAME(copy)(f, NAME(reg)(f, words.out), NAME(reg)(f, words.x));
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

static void NAME(run_sine_cosine)(const Frame *f, const int32_t *code)
{
    const SineCosineWords words = sine_cosine_words(code);
    V *sine = (V *)NAME(reg)(f, words.sine), *cosine = (V *)NAME(reg)(f, words.cosine);
    const V *x = (const V *)NAME(reg)(f, words.x);
    for (int i = 0; i < VECTORS_OF(f->parts); i++) {
        const V angle = x[i];
        sine[i] = NAME(v_sin)(angle);
        cosine[i] = NAME(v_cos)(angle);
    }
}

static void NAME(run_code)(Frame *f, const int32_t *code, const int32_t *end);

static void NAME(run_loop)(Frame *f, const int32_t *code)
{
    const LoopWords words = loop_words(code);
    begin_walks(f->walk, &words);
    for (int32_t trip = 0; trip < words.trips; trip++) {
        NAME(run_code)(f, words.end, words.end + words.size);
        advance_walks(f->walk, &words);
    }
}
