/* Instructions that compute two functions of one number, which have work in common: compilers find
 * that. Included by block.h. */

#define PAIR(name, first, second)                                                                 \
    static NOINLINE void NAME(name)(double *one, double *other, const double *x, int parts)       \
    {                                                                                             \
        for (int i = 0; i < VECTORS_OF(parts); i++) {                                             \
            const V number = ((const V *)x)[i];                                                   \
            ((V *)one)[i] = NAME(v_##first)(number);                                              \
            ((V *)other)[i] = NAME(v_##second)(number);                                           \
        }                                                                                         \
    }
PAIR(sine_cosine, sin, cos)
PAIR(erf_gaussian, erf, gaussian)
PAIR(erfc_gaussian, erfc, gaussian)
#undef PAIR

static void NAME(run_sine_cosine)(const Frame *f, const int32_t *code)
{
    const SineCosineWords words = sine_cosine_words(code);
    NAME(sine_cosine)(NAME(reg)(f, words.sine), NAME(reg)(f, words.cosine), NAME(reg)(f, words.x),
                      f->parts);
}

static void NAME(run_erf_gaussian)(const Frame *f, const int32_t *code)
{
    const ErfGaussianWords words = erf_gaussian_words(code);
    NAME(erf_gaussian)(NAME(reg)(f, words.erf), NAME(reg)(f, words.gaussian),
                       NAME(reg)(f, words.x), f->parts);
}

static void NAME(run_erfc_gaussian)(const Frame *f, const int32_t *code)
{
    const ErfcGaussianWords words = erfc_gaussian_words(code);
    NAME(erfc_gaussian)(NAME(reg)(f, words.erfc), NAME(reg)(f, words.gaussian),
                        NAME(reg)(f, words.x), f->parts);
}
