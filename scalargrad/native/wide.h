/* Instructions on stretches of numbers that are the same in all lanes: many of one kind done side
 * by side. Included by lanes.h, once for each instruction set.
 *
 * An operand is a number, the same throughout, or a stretch: as many numbers as the result has.
 * Stretches begin anywhere. Vectors may reach WIDTH − 1 numbers past their ends. */

typedef double NAME(Anywhere) __attribute__((vector_size(sizeof(V)), aligned(8)));

/* ------ Σ x·y, {op, length, out, count, then runs of terms}: terms are added in their order */

INLINE NAME(Sum) NAME(number_times_stretch)(NAME(Sum) sum, const int parts, const double *u,
                                            int32_t base, const Run *run, int number)
{
    for (int32_t k = 0; k < run->count; k++) {
        const int32_t *term = run->term + 2 * k;
        const V w = SPLAT(u[term[number]]);
        const NAME(Anywhere) *x = (const NAME(Anywhere) *)(u + term[!number] + base);
        EACH(i, parts) sum.part[i] += w * x[i];
    }
    return sum;
}

INLINE NAME(Sum) NAME(stretch_times_stretch)(NAME(Sum) sum, const int parts, const double *u,
                                             int32_t base, const Run *run)
{
    for (int32_t k = 0; k < run->count; k++) {
        const NAME(Anywhere) *x = (const NAME(Anywhere) *)(u + run->term[2 * k] + base);
        const NAME(Anywhere) *y = (const NAME(Anywhere) *)(u + run->term[2 * k + 1] + base);
        EACH(i, parts) sum.part[i] += x[i] * y[i];
    }
    return sum;
}

INLINE NAME(Sum) NAME(number_times_number)(NAME(Sum) sum, const int parts, const double *u,
                                           const Run *run)
{
    for (int32_t k = 0; k < run->count; k++) {
        const V w = SPLAT(u[run->term[2 * k]] * u[run->term[2 * k + 1]]);
        EACH(i, parts) sum.part[i] += w;
    }
    return sum;
}

/* The sums from `base` on, as many vectors of them as `parts`. */
INLINE void NAME(wide_part)(const int parts, double *u, const int32_t *code, int32_t base)
{
    NAME(Sum) sum;
    EACH(i, parts) sum.part[i] = SPLAT(-0.0);
    const int32_t *end = code + code[1];
    for (const int32_t *at = code + 4; at < end;) {
        const Run run = run_at(at);
        switch (run.kind) {
        case NUMBERS: sum = NAME(number_times_number)(sum, parts, u, &run); break;
        case NUMBER_STRETCH:
            sum = NAME(number_times_stretch)(sum, parts, u, base, &run, 0);
            break;
        case STRETCH_NUMBER:
            sum = NAME(number_times_stretch)(sum, parts, u, base, &run, 1);
            break;
        case STRETCHES_BOTH: sum = NAME(stretch_times_stretch)(sum, parts, u, base, &run); break;
        }
        at = after(&run);
    }
    NAME(Anywhere) *out = (NAME(Anywhere) *)(u + code[2] + base);
    EACH(i, parts) out[i] = sum.part[i];
}

static void NAME(run_wide_products)(double *u, const int32_t *code)
{
    int32_t base = 0;
    for (; code[3] - base > (AT_ONCE - 1) * VECTOR_LANES; base += AT_ONCE * VECTOR_LANES)
        NAME(wide_part)(AT_ONCE, u, code, base);
    switch ((code[3] - base + VECTOR_LANES - 1) / VECTOR_LANES) {
    case 1: NAME(wide_part)(1, u, code, base); break;
    case 2: NAME(wide_part)(2, u, code, base); break;
    case 3: NAME(wide_part)(3, u, code, base); break;
    case 4: NAME(wide_part)(4, u, code, base); break;
    case 5: NAME(wide_part)(5, u, code, base); break;
    case 6: NAME(wide_part)(6, u, code, base); break;
    case 7: NAME(wide_part)(7, u, code, base); break;
    }
}

/* ------ a row of the operator table, {op, length, out, count, row, which are stretches, operands} */

/* Fill a register with the operand; lanes beyond the last repeat it. */
INLINE void NAME(fill_lanes)(double *lanes, const double *x, int stretch, int count)
{
    if (stretch)
        memcpy(lanes, x, (size_t)count * sizeof(double));
    for (int i = stretch ? count : 0; i < LANES; i++)
        lanes[i] = x[stretch ? count - 1 : 0];
}

static void NAME(run_wide_row)(double *u, const int32_t *code, int careful)
{
    double lanes[4 * LANES] __attribute__((aligned(LANES)));
    const Frame f = {.lanes = lanes, .careful = careful, .parts = PARTS};
    const int32_t operands = code[1] - 6;
    const int32_t instruction[] = {code[4], operands + 3, 0, 1, 2, 3};
    for (int32_t base = 0; base < code[3]; base += LANES) {
        const int count = code[3] - base < LANES ? code[3] - base : LANES;
        for (int32_t k = 0; k < operands; k++) {
            const int stretch = code[5] >> k & 1;
            const double *x = u + code[6 + k] + (stretch ? base : 0);
            if (stretch || base == 0)
                NAME(fill_lanes)(lanes + (1 + k) * LANES, x, stretch, count);
        }
        NAME(run_row)(&f, instruction);
        memcpy(u + code[2] + base, lanes, (size_t)count * sizeof(double));
    }
}

static void NAME(run_wide)(double *u, const int32_t *code, int careful)
{
    if (code[0] == OP_WIDE_ROW)
        NAME(run_wide_row)(u, code, careful);
    else if (code[0] == OP_WIDE_ACCUMULATE && careful)
        careful_wide_products(u, code);
    else
        NAME(run_wide_products)(u, code);
}
