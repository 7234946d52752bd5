/* Generated from the operator table by python -m scalargrad.codegen. Do not edit. */
enum {
    OP_step,
    OP_taken,
    OP_compare,
    OP_where,
    OP_chain,
    OP_choose,
    OP_rounds,
    OP_start,
    OP_identity,
    OP_add,
    OP_sub,
    OP_mul,
    OP_div,
    OP_pow,
    OP_mod,
    OP_floordiv,
    OP_fmod,
    OP_remainder,
    OP_neg,
    OP_abs,
    OP_copysign,
    OP_square,
    OP_reciprocal,
    OP_inverse,
    OP_maximum,
    OP_minimum,
    OP_clamp,
    OP_sign,
    OP_floor,
    OP_ceil,
    OP_trunc,
    OP_round,
    OP_round_to,
    OP_exp,
    OP_exp2,
    OP_expm1,
    OP_log,
    OP_log2,
    OP_log10,
    OP_log1p,
    OP_sqrt,
    OP_cbrt,
    OP_sin,
    OP_cos,
    OP_tan,
    OP_asin,
    OP_acos,
    OP_one_less_square,
    OP_atan,
    OP_atan2,
    OP_turning,
    OP_degrees,
    OP_radians,
    OP_sinh,
    OP_cosh,
    OP_tanh,
    OP_sech_square,
    OP_asinh,
    OP_cosine_at_slope,
    OP_acosh,
    OP_atanh,
    OP_hypot,
    OP_unit,
    OP_per_hypot,
    OP_erf,
    OP_erfc,
    OP_gaussian,
    OP_normal,
    OP_distribution,
    OP_lgamma,
    OP_polygamma,
    OP_sinc,
    OP_sinc_derivative,
    OP_sigmoid,
    OP_logistic,
    OP_softplus,
    OP_log_sigmoid,
    OP_relu,
    OP_relu6,
    OP_leaky_relu,
    OP_elu,
    OP_selu,
    OP_gelu,
    OP_silu,
    OP_hard_swish,
    OP_exp_difference,
    OP_logaddexp,
    OP_share,
    OP_fraction,
    OP_per_total,
    OP_sum,
    OP_prod,
    OP_mean,
    OP_dot,
    OP_logsumexp,
    OP_max,
    OP_min,
    OP_COUNT
};

static inline double forward_step(double x)
{
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    return t0;
}

static inline double partial0_step(double out, double x)
{
    (void)x;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_taken(double x)
{
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? -0.0 : x);
    return t0;
}

static inline double partial0_taken(double out, double x)
{
    (void)x;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_compare(double x, double y)
{
    const double t0 = (x > y ? 1.0 : x < y ? -1.0 : x == y ? 0.0 : NAN);
    return t0;
}

static inline double partial0_compare(double out, double x, double y)
{
    (void)x;
    (void)y;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double partial1_compare(double out, double x, double y)
{
    (void)x;
    (void)y;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_where(double x, double y, double z)
{
    const double t0 = (x == 0.0 ? z : x == x ? y : NAN);
    return t0;
}

static inline double partial0_where(double out, double x, double y, double z)
{
    (void)out;
    (void)x;
    (void)y;
    (void)z;
    return (-0.0);
}

static inline double partial1_where(double out, double x, double y, double z)
{
    (void)out;
    (void)y;
    (void)z;
    const double t0 = (x == 0.0 ? (-0.0) : x == x ? 1.0 : NAN);
    return t0;
}

static inline double partial2_where(double out, double x, double y, double z)
{
    (void)out;
    (void)y;
    (void)z;
    const double t0 = (x == 0.0 ? 1.0 : x == x ? (-0.0) : NAN);
    return t0;
}

static inline double forward_chain(double x, double y)
{
    const double t0 = sg_chain(x, y);
    return t0;
}

static inline double partial0_chain(double out, double x, double y)
{
    (void)out;
    (void)x;
    const double t0 = y + 0.0;
    return t0;
}

static inline double partial1_chain(double out, double x, double y)
{
    (void)out;
    (void)y;
    return x;
}

static inline double forward_choose(double x, double y)
{
    const double t0 = sg_choose(x, y);
    return t0;
}

static inline double partial0_choose(double out, double x, double y)
{
    (void)out;
    (void)x;
    return y;
}

static inline double partial1_choose(double out, double x, double y)
{
    (void)out;
    (void)y;
    return x;
}

static inline double forward_rounds(double x, double y)
{
    const double t0 = (x != x || y != y ? NAN : y - 1.0 + 1.0 != y && 0.0 < fabs(x) && fabs(x) < INFINITY ? 1.0 : 0.0);
    return t0;
}

static inline double partial0_rounds(double out, double x, double y)
{
    (void)x;
    (void)y;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double partial1_rounds(double out, double x, double y)
{
    (void)x;
    (void)y;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_start(double x)
{
    const double t0 = (x != 0.0 ? x : -0.0);
    return t0;
}

static inline double partial0_start(double out, double x)
{
    (void)out;
    (void)x;
    return 1.0;
}

static inline double forward_identity(double x)
{
    const double t0 = x;
    return t0;
}

static inline double partial0_identity(double out, double x)
{
    (void)out;
    (void)x;
    return 1.0;
}

static inline double forward_add(double x, double y)
{
    const double t0 = x + y;
    return t0;
}

static inline double partial0_add(double out, double x, double y)
{
    (void)out;
    (void)x;
    (void)y;
    return 1.0;
}

static inline double partial1_add(double out, double x, double y)
{
    (void)out;
    (void)x;
    (void)y;
    return 1.0;
}

static inline double forward_sub(double x, double y)
{
    const double t0 = x - y;
    return t0;
}

static inline double partial0_sub(double out, double x, double y)
{
    (void)out;
    (void)x;
    (void)y;
    return 1.0;
}

static inline double partial1_sub(double out, double x, double y)
{
    (void)out;
    (void)x;
    (void)y;
    return (-1.0);
}

static inline double forward_mul(double x, double y)
{
    const double t0 = x * y;
    return t0;
}

static inline double partial0_mul(double out, double x, double y)
{
    (void)out;
    (void)x;
    const double t0 = y + 0.0;
    return t0;
}

static inline double partial1_mul(double out, double x, double y)
{
    (void)out;
    (void)y;
    const double t0 = x + 0.0;
    return t0;
}

static inline double beside0_mul(double out, double x, double y)
{
    (void)out;
    (void)x;
    const double t0 = (y != 0.0 ? y : -0.0);
    return t0;
}

static inline double beside1_mul(double out, double x, double y)
{
    (void)out;
    (void)y;
    const double t0 = (x != 0.0 ? x : -0.0);
    return t0;
}

static inline double forward_div(double x, double y)
{
    const double t0 = x / y;
    return t0;
}

static inline double partial0_div(double out, double x, double y)
{
    (void)out;
    (void)x;
    const double t0 = 1.0 / y;
    const double t1 = t0 + 0.0;
    return t1;
}

static inline double partial1_div(double out, double x, double y)
{
    (void)x;
    const double t0 = -out;
    const double t1 = t0 / y;
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double forward_pow(double x, double y)
{
    const double t0 = sg_power(x, y);
    return t0;
}

static inline double partial0_pow(double out, double x, double y)
{
    const double t0 = (x == 0.0 ? y : x == x ? 1.0 : NAN);
    const double t1 = (x != x || y != y ? NAN : y - 1.0 + 1.0 != y && 0.0 < fabs(x) && fabs(x) < INFINITY ? 1.0 : 0.0);
    const double t2 = y * out;
    const double t3 = t2 / x;
    const double t4 = y - 1.0;
    const double t5 = sg_power(x, t4);
    const double t6 = y * t5;
    const double t7 = (t1 == 0.0 ? t6 : t1 == t1 ? t3 : NAN);
    const double t8 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t9 = (t8 > 0.0 ? 1.0 : t8 <= 0.0 ? -0.0 : t8);
    const double t10 = (t0 == 0.0 ? t9 : t0 == t0 ? t7 : NAN);
    const double t11 = t10 + 0.0;
    return t11;
}

static inline double partial1_pow(double out, double x, double y)
{
    const double t0 = log(x);
    const double t1 = out * t0;
    const double t2 = -y;
    const double t3 = (t2 > 0.0 ? 1.0 : t2 <= 0.0 ? 0.0 : t2);
    const double t4 = (t3 == 0.0 ? 0.0 : t3 == t3 ? (-INFINITY) : NAN);
    const double t5 = (x == 0.0 ? t4 : x == x ? t1 : NAN);
    const double t6 = t5 + 0.0;
    return t6;
}

static inline double beside0_pow(double out, double x, double y)
{
    const double t0 = (x != x || y != y ? NAN : y - 1.0 + 1.0 != y && 0.0 < fabs(x) && fabs(x) < INFINITY ? 1.0 : 0.0);
    const double t1 = y * out;
    const double t2 = t1 / x;
    const double t3 = y - 1.0;
    const double t4 = sg_power(x, t3);
    const double t5 = y * t4;
    const double t6 = (t0 == 0.0 ? t5 : t0 == t0 ? t2 : NAN);
    const double t7 = t6 + 0.0;
    const double t8 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t9 = (t8 > 0.0 ? 1.0 : t8 <= 0.0 ? -0.0 : t8);
    const double t10 = (y == 0.0 ? t9 : y == y ? t7 : NAN);
    return t10;
}

static inline double beside1_pow(double out, double x, double y)
{
    const double t0 = log(x);
    const double t1 = out * t0;
    const double t2 = t1 + 0.0;
    const double t3 = (t0 == 0.0 ? (-0.0) : t0 == t0 ? t2 : NAN);
    const double t4 = -y;
    const double t5 = (t4 > 0.0 ? 1.0 : t4 <= 0.0 ? 0.0 : t4);
    const double t6 = (t5 == 0.0 ? (-0.0) : t5 == t5 ? (-INFINITY) : NAN);
    const double t7 = (x == 0.0 ? t6 : x == x ? t3 : NAN);
    return t7;
}

static inline double forward_mod(double x, double y)
{
    const double t0 = sg_modulo(x, y);
    return t0;
}

static inline double partial0_mod(double out, double x, double y)
{
    (void)x;
    (void)y;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    const double t2 = 1.0 + t1;
    const double t3 = t2 + 0.0;
    return t3;
}

static inline double partial1_mod(double out, double x, double y)
{
    (void)out;
    const double t0 = sg_floor_divide(x, y);
    const double t1 = -t0;
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double forward_floordiv(double x, double y)
{
    const double t0 = sg_floor_divide(x, y);
    return t0;
}

static inline double partial0_floordiv(double out, double x, double y)
{
    (void)x;
    (void)y;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double partial1_floordiv(double out, double x, double y)
{
    (void)x;
    (void)y;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_fmod(double x, double y)
{
    const double t0 = fmod(x, y);
    return t0;
}

static inline double partial0_fmod(double out, double x, double y)
{
    (void)x;
    (void)y;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    const double t2 = 1.0 + t1;
    const double t3 = t2 + 0.0;
    return t3;
}

static inline double partial1_fmod(double out, double x, double y)
{
    const double t0 = out - x;
    const double t1 = t0 / y;
    const double t2 = rint(t1);
    const double t3 = t2 + 0.0;
    return t3;
}

static inline double forward_remainder(double x, double y)
{
    const double t0 = remainder(x, y);
    return t0;
}

static inline double partial0_remainder(double out, double x, double y)
{
    (void)x;
    (void)y;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    const double t2 = 1.0 + t1;
    const double t3 = t2 + 0.0;
    return t3;
}

static inline double partial1_remainder(double out, double x, double y)
{
    const double t0 = out - x;
    const double t1 = t0 / y;
    const double t2 = rint(t1);
    const double t3 = t2 + 0.0;
    return t3;
}

static inline double forward_neg(double x)
{
    const double t0 = -x;
    return t0;
}

static inline double partial0_neg(double out, double x)
{
    (void)out;
    (void)x;
    return (-1.0);
}

static inline double forward_abs(double x)
{
    const double t0 = fabs(x);
    return t0;
}

static inline double partial0_abs(double out, double x)
{
    (void)out;
    const double t0 = (x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x == 0.0 ? 0.0 : NAN);
    const double t1 = t0 + 0.0;
    return t1;
}

static inline double forward_copysign(double x, double y)
{
    const double t0 = (y == y ? copysign(x, y) : NAN);
    return t0;
}

static inline double partial0_copysign(double out, double x, double y)
{
    (void)out;
    const double t0 = (x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x == 0.0 ? 0.0 : NAN);
    const double t1 = (y == y ? copysign(1.0, y) : NAN);
    const double t2 = t0 * t1;
    const double t3 = t2 + 0.0;
    return t3;
}

static inline double partial1_copysign(double out, double x, double y)
{
    (void)x;
    (void)y;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_square(double x)
{
    const double t0 = x * x;
    return t0;
}

static inline double partial0_square(double out, double x)
{
    (void)out;
    const double t0 = 2.0 * x;
    const double t1 = t0 + 0.0;
    return t1;
}

static inline double forward_reciprocal(double x)
{
    const double t0 = 1.0 / x;
    return t0;
}

static inline double partial0_reciprocal(double out, double x)
{
    (void)x;
    const double t0 = out * out;
    const double t1 = -t0;
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double forward_inverse(double x)
{
    const double t0 = (x >= 0.0 ? 1.0 / fabs(x) : NAN);
    return t0;
}

static inline double partial0_inverse(double out, double x)
{
    (void)x;
    const double t0 = out * out;
    const double t1 = -t0;
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double forward_maximum(double x, double y)
{
    const double t0 = (x >= y || x != x ? x : y);
    return t0;
}

static inline double partial0_maximum(double out, double x, double y)
{
    (void)out;
    const double t0 = (x > y ? 1.0 : x < y ? -1.0 : x == y ? 0.0 : NAN);
    const double t1 = 0.5 + t0;
    const double t2 = (t1 > 0.0 ? 1.0 : t1 <= 0.0 ? -0.0 : t1);
    const double t3 = 0.5 * t2;
    const double t4 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    const double t5 = 0.5 * t4;
    const double t6 = t3 + t5;
    return t6;
}

static inline double partial1_maximum(double out, double x, double y)
{
    (void)out;
    const double t0 = (y > x ? 1.0 : y < x ? -1.0 : y == x ? 0.0 : NAN);
    const double t1 = 0.5 + t0;
    const double t2 = (t1 > 0.0 ? 1.0 : t1 <= 0.0 ? -0.0 : t1);
    const double t3 = 0.5 * t2;
    const double t4 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    const double t5 = 0.5 * t4;
    const double t6 = t3 + t5;
    return t6;
}

static inline double beside0_maximum(double out, double x, double y)
{
    (void)out;
    const double t0 = (x > y ? 1.0 : x < y ? -1.0 : x == y ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double beside1_maximum(double out, double x, double y)
{
    (void)out;
    const double t0 = (y > x ? 1.0 : y < x ? -1.0 : y == x ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_minimum(double x, double y)
{
    const double t0 = (x <= y || x != x ? x : y);
    return t0;
}

static inline double partial0_minimum(double out, double x, double y)
{
    (void)out;
    const double t0 = (y > x ? 1.0 : y < x ? -1.0 : y == x ? 0.0 : NAN);
    const double t1 = 0.5 + t0;
    const double t2 = (t1 > 0.0 ? 1.0 : t1 <= 0.0 ? -0.0 : t1);
    const double t3 = 0.5 * t2;
    const double t4 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    const double t5 = 0.5 * t4;
    const double t6 = t3 + t5;
    return t6;
}

static inline double partial1_minimum(double out, double x, double y)
{
    (void)out;
    const double t0 = (x > y ? 1.0 : x < y ? -1.0 : x == y ? 0.0 : NAN);
    const double t1 = 0.5 + t0;
    const double t2 = (t1 > 0.0 ? 1.0 : t1 <= 0.0 ? -0.0 : t1);
    const double t3 = 0.5 * t2;
    const double t4 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    const double t5 = 0.5 * t4;
    const double t6 = t3 + t5;
    return t6;
}

static inline double beside0_minimum(double out, double x, double y)
{
    (void)out;
    const double t0 = (y > x ? 1.0 : y < x ? -1.0 : y == x ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double beside1_minimum(double out, double x, double y)
{
    (void)out;
    const double t0 = (x > y ? 1.0 : x < y ? -1.0 : x == y ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_clamp(double x, double y, double z)
{
    const double t0 = (x >= y || x != x ? x : y);
    const double t1 = (t0 <= z || t0 != t0 ? t0 : z);
    return t1;
}

static inline double partial0_clamp(double out, double x, double y, double z)
{
    const double t0 = (x > y ? 1.0 : x < y ? -1.0 : x == y ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    const double t2 = (z > x ? 1.0 : z < x ? -1.0 : z == x ? 0.0 : NAN);
    const double t3 = (t2 > 0.0 ? 1.0 : t2 <= 0.0 ? -0.0 : t2);
    const double t4 = sg_choose(t1, t3);
    const double t5 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t6 = (t5 > 0.0 ? 1.0 : t5 <= 0.0 ? -0.0 : t5);
    const double t7 = t4 + t6;
    return t7;
}

static inline double partial1_clamp(double out, double x, double y, double z)
{
    (void)out;
    (void)x;
    (void)y;
    (void)z;
    return NAN;
}

static inline double partial2_clamp(double out, double x, double y, double z)
{
    (void)out;
    (void)x;
    (void)y;
    (void)z;
    return NAN;
}

static inline double forward_sign(double x)
{
    const double t0 = (x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x == 0.0 ? 0.0 : NAN);
    return t0;
}

static inline double partial0_sign(double out, double x)
{
    (void)x;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_floor(double x)
{
    const double t0 = floor(x);
    return t0;
}

static inline double partial0_floor(double out, double x)
{
    (void)x;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_ceil(double x)
{
    const double t0 = ceil(x);
    return t0;
}

static inline double partial0_ceil(double out, double x)
{
    (void)x;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_trunc(double x)
{
    const double t0 = trunc(x);
    return t0;
}

static inline double partial0_trunc(double out, double x)
{
    (void)x;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_round(double x)
{
    const double t0 = rint(x);
    return t0;
}

static inline double partial0_round(double out, double x)
{
    (void)x;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_exp(double x)
{
    const double t0 = exp(x);
    return t0;
}

static inline double partial0_exp(double out, double x)
{
    (void)x;
    const double t0 = out + 0.0;
    return t0;
}

static inline double forward_exp2(double x)
{
    const double t0 = sg_power(2.0, x);
    return t0;
}

static inline double partial0_exp2(double out, double x)
{
    (void)x;
    const double t0 = 0.6931471805599453 * out;
    const double t1 = t0 + 0.0;
    return t1;
}

static inline double forward_expm1(double x)
{
    const double t0 = expm1(x);
    return t0;
}

static inline double partial0_expm1(double out, double x)
{
    (void)out;
    const double t0 = exp(x);
    const double t1 = t0 + 0.0;
    return t1;
}

static inline double forward_log(double x)
{
    const double t0 = log(x);
    return t0;
}

static inline double partial0_log(double out, double x)
{
    (void)out;
    const double t0 = (x >= 0.0 ? 1.0 / fabs(x) : NAN);
    const double t1 = t0 + 0.0;
    return t1;
}

static inline double forward_log2(double x)
{
    const double t0 = log2(x);
    return t0;
}

static inline double partial0_log2(double out, double x)
{
    (void)out;
    const double t0 = (x >= 0.0 ? 1.0 / fabs(x) : NAN);
    const double t1 = t0 / 0.6931471805599453;
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double forward_log10(double x)
{
    const double t0 = log10(x);
    return t0;
}

static inline double partial0_log10(double out, double x)
{
    (void)out;
    const double t0 = (x >= 0.0 ? 1.0 / fabs(x) : NAN);
    const double t1 = t0 / 2.302585092994046;
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double forward_log1p(double x)
{
    const double t0 = log1p(x);
    return t0;
}

static inline double partial0_log1p(double out, double x)
{
    (void)out;
    const double t0 = 1.0 + x;
    const double t1 = (t0 >= 0.0 ? 1.0 / fabs(t0) : NAN);
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double forward_sqrt(double x)
{
    const double t0 = sqrt(x);
    return t0;
}

static inline double partial0_sqrt(double out, double x)
{
    (void)x;
    const double t0 = fabs(out);
    const double t1 = 0.5 / t0;
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double forward_cbrt(double x)
{
    const double t0 = sg_cbrt(x);
    return t0;
}

static inline double partial0_cbrt(double out, double x)
{
    (void)x;
    const double t0 = 3.0 * out;
    const double t1 = t0 * out;
    const double t2 = 1.0 / t1;
    const double t3 = t2 + 0.0;
    return t3;
}

static inline double forward_sin(double x)
{
    const double t0 = sin(x);
    return t0;
}

static inline double partial0_sin(double out, double x)
{
    (void)out;
    const double t0 = cos(x);
    const double t1 = t0 + 0.0;
    return t1;
}

static inline double forward_cos(double x)
{
    const double t0 = cos(x);
    return t0;
}

static inline double partial0_cos(double out, double x)
{
    (void)out;
    const double t0 = sin(x);
    const double t1 = -t0;
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double forward_tan(double x)
{
    const double t0 = tan(x);
    return t0;
}

static inline double partial0_tan(double out, double x)
{
    (void)x;
    const double t0 = out * out;
    const double t1 = 1.0 + t0;
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double forward_asin(double x)
{
    const double t0 = asin(x);
    return t0;
}

static inline double partial0_asin(double out, double x)
{
    (void)out;
    const double t0 = 1.0 - x;
    const double t1 = 1.0 + x;
    const double t2 = t0 * t1;
    const double t3 = sqrt(t2);
    const double t4 = 1.0 / t3;
    const double t5 = t4 + 0.0;
    return t5;
}

static inline double forward_acos(double x)
{
    const double t0 = acos(x);
    return t0;
}

static inline double partial0_acos(double out, double x)
{
    (void)out;
    const double t0 = 1.0 - x;
    const double t1 = 1.0 + x;
    const double t2 = t0 * t1;
    const double t3 = sqrt(t2);
    const double t4 = 1.0 / t3;
    const double t5 = -t4;
    const double t6 = t5 + 0.0;
    return t6;
}

static inline double forward_one_less_square(double x)
{
    const double t0 = 1.0 - x;
    const double t1 = 1.0 + x;
    const double t2 = t0 * t1;
    return t2;
}

static inline double partial0_one_less_square(double out, double x)
{
    (void)out;
    const double t0 = (-2.0) * x;
    const double t1 = t0 + 0.0;
    return t1;
}

static inline double forward_atan(double x)
{
    const double t0 = atan(x);
    return t0;
}

static inline double partial0_atan(double out, double x)
{
    (void)out;
    const double t0 = sg_hypot(1.0, x);
    const double t1 = 1.0 / t0;
    const double t2 = t1 / t0;
    const double t3 = t2 + 0.0;
    return t3;
}

static inline double forward_atan2(double x, double y)
{
    const double t0 = atan2(x, y);
    return t0;
}

static inline double partial0_atan2(double out, double x, double y)
{
    (void)out;
    const double t0 = sg_hypot(y, x);
    const double t1 = fabs(y);
    const double t2 = (INFINITY > t1 ? 1.0 : INFINITY < t1 ? -1.0 : INFINITY == t1 ? 0.0 : NAN);
    const double t3 = (y > 0.0 ? 1.0 : y < 0.0 ? -1.0 : y == 0.0 ? 0.0 : NAN);
    const double t4 = 0.0 * x;
    const double t5 = t3 + t4;
    const double t6 = (t2 == 0.0 ? t5 : t2 == t2 ? 0.0 : NAN);
    const double t7 = (INFINITY > t0 ? 1.0 : INFINITY < t0 ? -1.0 : INFINITY == t0 ? 0.0 : NAN);
    const double t8 = y / t0;
    const double t9 = (t7 == 0.0 ? t6 : t7 == t7 ? t8 : NAN);
    const double t10 = (t0 == 0.0 ? 0.0 : t0 == t0 ? t9 : NAN);
    const double t11 = t10 / t0;
    const double t12 = (t0 == 0.0 ? 0.0 : t0 == t0 ? t11 : NAN);
    const double t13 = t12 + 0.0;
    return t13;
}

static inline double partial1_atan2(double out, double x, double y)
{
    (void)out;
    const double t0 = sg_hypot(y, x);
    const double t1 = fabs(x);
    const double t2 = (INFINITY > t1 ? 1.0 : INFINITY < t1 ? -1.0 : INFINITY == t1 ? 0.0 : NAN);
    const double t3 = (x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x == 0.0 ? 0.0 : NAN);
    const double t4 = 0.0 * y;
    const double t5 = t3 + t4;
    const double t6 = (t2 == 0.0 ? t5 : t2 == t2 ? 0.0 : NAN);
    const double t7 = (INFINITY > t0 ? 1.0 : INFINITY < t0 ? -1.0 : INFINITY == t0 ? 0.0 : NAN);
    const double t8 = x / t0;
    const double t9 = (t7 == 0.0 ? t6 : t7 == t7 ? t8 : NAN);
    const double t10 = (t0 == 0.0 ? 0.0 : t0 == t0 ? t9 : NAN);
    const double t11 = t10 / t0;
    const double t12 = (t0 == 0.0 ? 0.0 : t0 == t0 ? t11 : NAN);
    const double t13 = -t12;
    const double t14 = t13 + 0.0;
    return t14;
}

static inline double forward_turning(double x, double y, double z)
{
    const double t0 = fabs(x);
    const double t1 = (INFINITY > t0 ? 1.0 : INFINITY < t0 ? -1.0 : INFINITY == t0 ? 0.0 : NAN);
    const double t2 = (x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x == 0.0 ? 0.0 : NAN);
    const double t3 = 0.0 * y;
    const double t4 = t2 + t3;
    const double t5 = (t1 == 0.0 ? t4 : t1 == t1 ? 0.0 : NAN);
    const double t6 = (INFINITY > z ? 1.0 : INFINITY < z ? -1.0 : INFINITY == z ? 0.0 : NAN);
    const double t7 = x / z;
    const double t8 = (t6 == 0.0 ? t5 : t6 == t6 ? t7 : NAN);
    const double t9 = (z == 0.0 ? 0.0 : z == z ? t8 : NAN);
    const double t10 = t9 / z;
    const double t11 = (z == 0.0 ? 0.0 : z == z ? t10 : NAN);
    return t11;
}

static inline double partial0_turning(double out, double x, double y, double z)
{
    (void)out;
    const double t0 = y - x;
    const double t1 = y + x;
    const double t2 = 1.0 / z;
    const double t3 = (z == 0.0 ? 0.0 : z == z ? t2 : NAN);
    const double t4 = (INFINITY > z ? 1.0 : INFINITY < z ? -1.0 : INFINITY == z ? 0.0 : NAN);
    const double t5 = t0 * t3;
    const double t6 = t5 * t3;
    const double t7 = t6 * t1;
    const double t8 = t7 * t3;
    const double t9 = t8 * t3;
    const double t10 = (t4 == 0.0 ? 0.0 : t4 == t4 ? t9 : NAN);
    const double t11 = t10 + 0.0;
    return t11;
}

static inline double partial1_turning(double out, double x, double y, double z)
{
    const double t0 = fabs(y);
    const double t1 = (INFINITY > t0 ? 1.0 : INFINITY < t0 ? -1.0 : INFINITY == t0 ? 0.0 : NAN);
    const double t2 = (y > 0.0 ? 1.0 : y < 0.0 ? -1.0 : y == 0.0 ? 0.0 : NAN);
    const double t3 = 0.0 * x;
    const double t4 = t2 + t3;
    const double t5 = (t1 == 0.0 ? t4 : t1 == t1 ? 0.0 : NAN);
    const double t6 = (INFINITY > z ? 1.0 : INFINITY < z ? -1.0 : INFINITY == z ? 0.0 : NAN);
    const double t7 = y / z;
    const double t8 = (t6 == 0.0 ? t5 : t6 == t6 ? t7 : NAN);
    const double t9 = (z == 0.0 ? 0.0 : z == z ? t8 : NAN);
    const double t10 = t9 / z;
    const double t11 = (z == 0.0 ? 0.0 : z == z ? t10 : NAN);
    const double t12 = out * t11;
    const double t13 = (-2.0) * t12;
    const double t14 = t13 + 0.0;
    return t14;
}

static inline double partial2_turning(double out, double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_degrees(double x)
{
    const double t0 = x * 57.29577951308232;
    return t0;
}

static inline double partial0_degrees(double out, double x)
{
    (void)out;
    (void)x;
    return 57.29577951308232;
}

static inline double forward_radians(double x)
{
    const double t0 = x * 0.017453292519943295;
    return t0;
}

static inline double partial0_radians(double out, double x)
{
    (void)out;
    (void)x;
    return 0.017453292519943295;
}

static inline double forward_sinh(double x)
{
    const double t0 = sinh(x);
    return t0;
}

static inline double partial0_sinh(double out, double x)
{
    (void)out;
    const double t0 = cosh(x);
    const double t1 = t0 + 0.0;
    return t1;
}

static inline double forward_cosh(double x)
{
    const double t0 = cosh(x);
    return t0;
}

static inline double partial0_cosh(double out, double x)
{
    (void)out;
    const double t0 = sinh(x);
    const double t1 = t0 + 0.0;
    return t1;
}

static inline double forward_tanh(double x)
{
    const double t0 = tanh(x);
    return t0;
}

static inline double partial0_tanh(double out, double x)
{
    (void)out;
    const double t0 = cosh(x);
    const double t1 = 1.0 / t0;
    const double t2 = t1 / t0;
    const double t3 = t2 + 0.0;
    return t3;
}

static inline double forward_sech_square(double x)
{
    const double t0 = cosh(x);
    const double t1 = 1.0 / t0;
    const double t2 = t1 / t0;
    return t2;
}

static inline double partial0_sech_square(double out, double x)
{
    const double t0 = tanh(x);
    const double t1 = t0 * out;
    const double t2 = (-2.0) * t1;
    const double t3 = t2 + 0.0;
    return t3;
}

static inline double forward_asinh(double x)
{
    const double t0 = asinh(x);
    return t0;
}

static inline double partial0_asinh(double out, double x)
{
    (void)out;
    const double t0 = fabs(x);
    const double t1 = (t0 <= 268435456.0 || t0 != t0 ? t0 : 268435456.0);
    const double t2 = sg_hypot(1.0, t1);
    const double t3 = 0.9999999403953552 / t2;
    const double t4 = 134217729.0 * t3;
    const double t5 = t4 - t3;
    const double t6 = t4 - t5;
    const double t7 = 134217729.0 * t1;
    const double t8 = t7 - t1;
    const double t9 = t7 - t8;
    const double t10 = t6 * t9;
    const double t11 = t10 * t10;
    const double t12 = t6 * t6;
    const double t13 = (t11 >= t12 || t11 != t11 ? t11 : t12);
    const double t14 = 1.0 - t13;
    const double t15 = (t11 <= t12 || t11 != t11 ? t11 : t12);
    const double t16 = t14 - t15;
    const double t17 = t1 - t9;
    const double t18 = t1 + t9;
    const double t19 = t17 * t18;
    const double t20 = t12 * t19;
    const double t21 = t16 - t20;
    const double t22 = 0.375 * t21;
    const double t23 = 0.5 + t22;
    const double t24 = t21 * t23;
    const double t25 = t6 * t24;
    const double t26 = t6 + t25;
    const double t27 = (t0 >= 268435456.0 || t0 != t0 ? t0 : 268435456.0);
    const double t28 = t27 / 268435456.0;
    const double t29 = t26 / t28;
    const double t30 = t29 + 0.0;
    return t30;
}

static inline double forward_cosine_at_slope(double x)
{
    const double t0 = fabs(x);
    const double t1 = (t0 <= 268435456.0 || t0 != t0 ? t0 : 268435456.0);
    const double t2 = sg_hypot(1.0, t1);
    const double t3 = 0.9999999403953552 / t2;
    const double t4 = 134217729.0 * t3;
    const double t5 = t4 - t3;
    const double t6 = t4 - t5;
    const double t7 = 134217729.0 * t1;
    const double t8 = t7 - t1;
    const double t9 = t7 - t8;
    const double t10 = t6 * t9;
    const double t11 = t10 * t10;
    const double t12 = t6 * t6;
    const double t13 = (t11 >= t12 || t11 != t11 ? t11 : t12);
    const double t14 = 1.0 - t13;
    const double t15 = (t11 <= t12 || t11 != t11 ? t11 : t12);
    const double t16 = t14 - t15;
    const double t17 = t1 - t9;
    const double t18 = t1 + t9;
    const double t19 = t17 * t18;
    const double t20 = t12 * t19;
    const double t21 = t16 - t20;
    const double t22 = 0.375 * t21;
    const double t23 = 0.5 + t22;
    const double t24 = t21 * t23;
    const double t25 = t6 * t24;
    const double t26 = t6 + t25;
    const double t27 = (t0 >= 268435456.0 || t0 != t0 ? t0 : 268435456.0);
    const double t28 = t27 / 268435456.0;
    const double t29 = t26 / t28;
    return t29;
}

static inline double partial0_cosine_at_slope(double out, double x)
{
    const double t0 = sg_hypot(1.0, x);
    const double t1 = fabs(x);
    const double t2 = (INFINITY > t1 ? 1.0 : INFINITY < t1 ? -1.0 : INFINITY == t1 ? 0.0 : NAN);
    const double t3 = (x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x == 0.0 ? 0.0 : NAN);
    const double t4 = t3 + 0.0;
    const double t5 = (t2 == 0.0 ? t4 : t2 == t2 ? 0.0 : NAN);
    const double t6 = (INFINITY > t0 ? 1.0 : INFINITY < t0 ? -1.0 : INFINITY == t0 ? 0.0 : NAN);
    const double t7 = x / t0;
    const double t8 = (t6 == 0.0 ? t5 : t6 == t6 ? t7 : NAN);
    const double t9 = (t0 == 0.0 ? 0.0 : t0 == t0 ? t8 : NAN);
    const double t10 = out * t9;
    const double t11 = out * t10;
    const double t12 = -t11;
    const double t13 = t12 + 0.0;
    return t13;
}

static inline double forward_acosh(double x)
{
    const double t0 = acosh(x);
    return t0;
}

static inline double partial0_acosh(double out, double x)
{
    (void)out;
    const double t0 = x - 1.0;
    const double t1 = sqrt(t0);
    const double t2 = x + 1.0;
    const double t3 = sqrt(t2);
    const double t4 = t1 * t3;
    const double t5 = 1.0 / t4;
    const double t6 = t5 + 0.0;
    return t6;
}

static inline double forward_atanh(double x)
{
    const double t0 = atanh(x);
    return t0;
}

static inline double partial0_atanh(double out, double x)
{
    (void)out;
    const double t0 = 1.0 - x;
    const double t1 = 1.0 + x;
    const double t2 = t0 * t1;
    const double t3 = (t2 >= 0.0 ? 1.0 / fabs(t2) : NAN);
    const double t4 = t3 + 0.0;
    return t4;
}

static inline double forward_hypot(double x, double y)
{
    const double t0 = sg_hypot(x, y);
    return t0;
}

static inline double partial0_hypot(double out, double x, double y)
{
    const double t0 = fabs(x);
    const double t1 = (INFINITY > t0 ? 1.0 : INFINITY < t0 ? -1.0 : INFINITY == t0 ? 0.0 : NAN);
    const double t2 = (x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x == 0.0 ? 0.0 : NAN);
    const double t3 = 0.0 * y;
    const double t4 = t2 + t3;
    const double t5 = (t1 == 0.0 ? t4 : t1 == t1 ? 0.0 : NAN);
    const double t6 = (INFINITY > out ? 1.0 : INFINITY < out ? -1.0 : INFINITY == out ? 0.0 : NAN);
    const double t7 = x / out;
    const double t8 = (t6 == 0.0 ? t5 : t6 == t6 ? t7 : NAN);
    const double t9 = (out == 0.0 ? 0.0 : out == out ? t8 : NAN);
    const double t10 = t9 + 0.0;
    return t10;
}

static inline double partial1_hypot(double out, double x, double y)
{
    const double t0 = fabs(y);
    const double t1 = (INFINITY > t0 ? 1.0 : INFINITY < t0 ? -1.0 : INFINITY == t0 ? 0.0 : NAN);
    const double t2 = (y > 0.0 ? 1.0 : y < 0.0 ? -1.0 : y == 0.0 ? 0.0 : NAN);
    const double t3 = 0.0 * x;
    const double t4 = t2 + t3;
    const double t5 = (t1 == 0.0 ? t4 : t1 == t1 ? 0.0 : NAN);
    const double t6 = (INFINITY > out ? 1.0 : INFINITY < out ? -1.0 : INFINITY == out ? 0.0 : NAN);
    const double t7 = y / out;
    const double t8 = (t6 == 0.0 ? t5 : t6 == t6 ? t7 : NAN);
    const double t9 = (out == 0.0 ? 0.0 : out == out ? t8 : NAN);
    const double t10 = t9 + 0.0;
    return t10;
}

static inline double forward_unit(double x, double y, double z)
{
    const double t0 = fabs(x);
    const double t1 = (INFINITY > t0 ? 1.0 : INFINITY < t0 ? -1.0 : INFINITY == t0 ? 0.0 : NAN);
    const double t2 = (x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x == 0.0 ? 0.0 : NAN);
    const double t3 = 0.0 * y;
    const double t4 = t2 + t3;
    const double t5 = (t1 == 0.0 ? t4 : t1 == t1 ? 0.0 : NAN);
    const double t6 = (INFINITY > z ? 1.0 : INFINITY < z ? -1.0 : INFINITY == z ? 0.0 : NAN);
    const double t7 = x / z;
    const double t8 = (t6 == 0.0 ? t5 : t6 == t6 ? t7 : NAN);
    const double t9 = (z == 0.0 ? 0.0 : z == z ? t8 : NAN);
    return t9;
}

static inline double partial0_unit(double out, double x, double y, double z)
{
    (void)out;
    const double t0 = fabs(y);
    const double t1 = (INFINITY > t0 ? 1.0 : INFINITY < t0 ? -1.0 : INFINITY == t0 ? 0.0 : NAN);
    const double t2 = (y > 0.0 ? 1.0 : y < 0.0 ? -1.0 : y == 0.0 ? 0.0 : NAN);
    const double t3 = 0.0 * x;
    const double t4 = t2 + t3;
    const double t5 = (t1 == 0.0 ? t4 : t1 == t1 ? 0.0 : NAN);
    const double t6 = (INFINITY > z ? 1.0 : INFINITY < z ? -1.0 : INFINITY == z ? 0.0 : NAN);
    const double t7 = y / z;
    const double t8 = (t6 == 0.0 ? t5 : t6 == t6 ? t7 : NAN);
    const double t9 = (z == 0.0 ? 0.0 : z == z ? t8 : NAN);
    const double t10 = t9 / z;
    const double t11 = (z == 0.0 ? 0.0 : z == z ? t10 : NAN);
    const double t12 = t9 * t11;
    const double t13 = t12 + 0.0;
    return t13;
}

static inline double partial1_unit(double out, double x, double y, double z)
{
    const double t0 = -out;
    const double t1 = fabs(y);
    const double t2 = (INFINITY > t1 ? 1.0 : INFINITY < t1 ? -1.0 : INFINITY == t1 ? 0.0 : NAN);
    const double t3 = (y > 0.0 ? 1.0 : y < 0.0 ? -1.0 : y == 0.0 ? 0.0 : NAN);
    const double t4 = 0.0 * x;
    const double t5 = t3 + t4;
    const double t6 = (t2 == 0.0 ? t5 : t2 == t2 ? 0.0 : NAN);
    const double t7 = (INFINITY > z ? 1.0 : INFINITY < z ? -1.0 : INFINITY == z ? 0.0 : NAN);
    const double t8 = y / z;
    const double t9 = (t7 == 0.0 ? t6 : t7 == t7 ? t8 : NAN);
    const double t10 = (z == 0.0 ? 0.0 : z == z ? t9 : NAN);
    const double t11 = t10 / z;
    const double t12 = (z == 0.0 ? 0.0 : z == z ? t11 : NAN);
    const double t13 = t0 * t12;
    const double t14 = t13 + 0.0;
    return t14;
}

static inline double partial2_unit(double out, double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_per_hypot(double x, double y, double z)
{
    (void)x;
    (void)y;
    const double t0 = 1.0 / z;
    const double t1 = (z == 0.0 ? 0.0 : z == z ? t0 : NAN);
    return t1;
}

static inline double partial0_per_hypot(double out, double x, double y, double z)
{
    const double t0 = -out;
    const double t1 = fabs(x);
    const double t2 = (INFINITY > t1 ? 1.0 : INFINITY < t1 ? -1.0 : INFINITY == t1 ? 0.0 : NAN);
    const double t3 = (x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x == 0.0 ? 0.0 : NAN);
    const double t4 = 0.0 * y;
    const double t5 = t3 + t4;
    const double t6 = (t2 == 0.0 ? t5 : t2 == t2 ? 0.0 : NAN);
    const double t7 = (INFINITY > z ? 1.0 : INFINITY < z ? -1.0 : INFINITY == z ? 0.0 : NAN);
    const double t8 = x / z;
    const double t9 = (t7 == 0.0 ? t6 : t7 == t7 ? t8 : NAN);
    const double t10 = (z == 0.0 ? 0.0 : z == z ? t9 : NAN);
    const double t11 = t10 / z;
    const double t12 = (z == 0.0 ? 0.0 : z == z ? t11 : NAN);
    const double t13 = t0 * t12;
    const double t14 = t13 + 0.0;
    return t14;
}

static inline double partial1_per_hypot(double out, double x, double y, double z)
{
    const double t0 = -out;
    const double t1 = fabs(y);
    const double t2 = (INFINITY > t1 ? 1.0 : INFINITY < t1 ? -1.0 : INFINITY == t1 ? 0.0 : NAN);
    const double t3 = (y > 0.0 ? 1.0 : y < 0.0 ? -1.0 : y == 0.0 ? 0.0 : NAN);
    const double t4 = 0.0 * x;
    const double t5 = t3 + t4;
    const double t6 = (t2 == 0.0 ? t5 : t2 == t2 ? 0.0 : NAN);
    const double t7 = (INFINITY > z ? 1.0 : INFINITY < z ? -1.0 : INFINITY == z ? 0.0 : NAN);
    const double t8 = y / z;
    const double t9 = (t7 == 0.0 ? t6 : t7 == t7 ? t8 : NAN);
    const double t10 = (z == 0.0 ? 0.0 : z == z ? t9 : NAN);
    const double t11 = t10 / z;
    const double t12 = (z == 0.0 ? 0.0 : z == z ? t11 : NAN);
    const double t13 = t0 * t12;
    const double t14 = t13 + 0.0;
    return t14;
}

static inline double partial2_per_hypot(double out, double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_erf(double x)
{
    const double t0 = erf(x);
    return t0;
}

static inline double partial0_erf(double out, double x)
{
    (void)out;
    const double t0 = sg_exp_square(x, 1.0);
    const double t1 = 1.1283791670955126 * t0;
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double forward_erfc(double x)
{
    const double t0 = erfc(x);
    return t0;
}

static inline double partial0_erfc(double out, double x)
{
    (void)out;
    const double t0 = sg_exp_square(x, 1.0);
    const double t1 = (-1.1283791670955126) * t0;
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double forward_gaussian(double x)
{
    const double t0 = sg_exp_square(x, 1.0);
    return t0;
}

static inline double partial0_gaussian(double out, double x)
{
    const double t0 = (x >= (-40.0) || x != x ? x : (-40.0));
    const double t1 = (t0 <= 40.0 || t0 != t0 ? t0 : 40.0);
    const double t2 = t1 * out;
    const double t3 = (-2.0) * t2;
    const double t4 = t3 + 0.0;
    return t4;
}

static inline double forward_normal(double x)
{
    const double t0 = (sg_exp_square(x, 0.5) / 2.5066282746310002);
    return t0;
}

static inline double partial0_normal(double out, double x)
{
    const double t0 = (x >= (-40.0) || x != x ? x : (-40.0));
    const double t1 = (t0 <= 40.0 || t0 != t0 ? t0 : 40.0);
    const double t2 = t1 * out;
    const double t3 = -t2;
    const double t4 = t3 + 0.0;
    return t4;
}

static inline double forward_distribution(double x)
{
    const double t0 = -x;
    const double t1 = t0 / 1.4142135623730951;
    const double t2 = (t1 >= 0.0 || t1 != t1 ? t1 : 0.0);
    const double t3 = (t2 <= 28.0 || t2 != t2 ? t2 : 28.0);
    const double t4 = 134217729.0 * t3;
    const double t5 = t4 - t3;
    const double t6 = t4 - t5;
    const double t7 = t3 - t6;
    const double t8 = (t0 >= 0.0 || t0 != t0 ? t0 : 0.0);
    const double t9 = (t8 <= 39.59797974644666 || t8 != t8 ? t8 : 39.59797974644666);
    const double t10 = t6 * 1.4142135679721832;
    const double t11 = t9 - t10;
    const double t12 = t6 * (-5.599088082064441e-09);
    const double t13 = t11 - t12;
    const double t14 = t7 * 1.4142135679721832;
    const double t15 = t13 - t14;
    const double t16 = t7 * (-5.599088082064441e-09);
    const double t17 = t15 - t16;
    const double t18 = t17 / 1.4142135623730951;
    const double t19 = t3 * (-6.835808657661923e-17);
    const double t20 = t18 - t19;
    const double t21 = erfc(t1);
    const double t22 = 0.5 * t21;
    const double t23 = t3 * t3;
    const double t24 = t23 + 1.2732395447351628;
    const double t25 = sqrt(t24);
    const double t26 = t3 + t25;
    const double t27 = t20 * t26;
    const double t28 = t22 * t27;
    const double t29 = t22 - t28;
    return t29;
}

static inline double partial0_distribution(double out, double x)
{
    (void)out;
    const double t0 = (sg_exp_square(x, 0.5) / 2.5066282746310002);
    const double t1 = t0 + 0.0;
    return t1;
}

static inline double forward_lgamma(double x)
{
    const double t0 = sg_lgamma(x);
    return t0;
}

static inline double partial0_lgamma(double out, double x)
{
    (void)out;
    const double t0 = sg_polygamma(0.0, x);
    const double t1 = t0 + 0.0;
    return t1;
}

static inline double forward_polygamma(double x, double y)
{
    const double t0 = sg_polygamma(x, y);
    return t0;
}

static inline double partial0_polygamma(double out, double x, double y)
{
    (void)out;
    (void)x;
    (void)y;
    return NAN;
}

static inline double partial1_polygamma(double out, double x, double y)
{
    (void)out;
    const double t0 = x + 1.0;
    const double t1 = sg_polygamma(t0, y);
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double forward_sinc(double x)
{
    const double t0 = sg_sinc_derivative(0.0, x);
    return t0;
}

static inline double partial0_sinc(double out, double x)
{
    (void)out;
    const double t0 = sg_sinc_derivative(1.0, x);
    const double t1 = t0 + 0.0;
    return t1;
}

static inline double forward_sinc_derivative(double x, double y)
{
    const double t0 = sg_sinc_derivative(x, y);
    return t0;
}

static inline double partial0_sinc_derivative(double out, double x, double y)
{
    (void)out;
    (void)x;
    (void)y;
    return NAN;
}

static inline double partial1_sinc_derivative(double out, double x, double y)
{
    (void)out;
    const double t0 = x + 1.0;
    const double t1 = sg_sinc_derivative(t0, y);
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double forward_sigmoid(double x)
{
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t1 = fabs(x);
    const double t2 = -t1;
    const double t3 = exp(t2);
    const double t4 = (t0 == 0.0 ? t3 : t0 == t0 ? 1.0 : NAN);
    const double t5 = 1.0 + t3;
    const double t6 = t4 / t5;
    return t6;
}

static inline double partial0_sigmoid(double out, double x)
{
    (void)out;
    const double t0 = fabs(x);
    const double t1 = -t0;
    const double t2 = exp(t1);
    const double t3 = 2.0 * t2;
    const double t4 = t2 * t2;
    const double t5 = t3 + t4;
    const double t6 = 1.0 + t5;
    const double t7 = t2 / t6;
    const double t8 = t7 + 0.0;
    return t8;
}

static inline double forward_logistic(double x)
{
    const double t0 = fabs(x);
    const double t1 = -t0;
    const double t2 = exp(t1);
    const double t3 = 2.0 * t2;
    const double t4 = t2 * t2;
    const double t5 = t3 + t4;
    const double t6 = 1.0 + t5;
    const double t7 = t2 / t6;
    return t7;
}

static inline double partial0_logistic(double out, double x)
{
    const double t0 = -out;
    const double t1 = 0.5 * x;
    const double t2 = tanh(t1);
    const double t3 = t0 * t2;
    const double t4 = t3 + 0.0;
    return t4;
}

static inline double forward_softplus(double x)
{
    const double t0 = (x >= 0.0 || x != x ? x : 0.0);
    const double t1 = fabs(x);
    const double t2 = -t1;
    const double t3 = exp(t2);
    const double t4 = log1p(t3);
    const double t5 = t0 + t4;
    return t5;
}

static inline double partial0_softplus(double out, double x)
{
    (void)out;
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t1 = fabs(x);
    const double t2 = -t1;
    const double t3 = exp(t2);
    const double t4 = (t0 == 0.0 ? t3 : t0 == t0 ? 1.0 : NAN);
    const double t5 = 1.0 + t3;
    const double t6 = t4 / t5;
    const double t7 = t6 + 0.0;
    return t7;
}

static inline double forward_log_sigmoid(double x)
{
    const double t0 = -x;
    const double t1 = (t0 >= 0.0 || t0 != t0 ? t0 : 0.0);
    const double t2 = fabs(t0);
    const double t3 = -t2;
    const double t4 = exp(t3);
    const double t5 = log1p(t4);
    const double t6 = t1 + t5;
    const double t7 = -t6;
    return t7;
}

static inline double partial0_log_sigmoid(double out, double x)
{
    (void)out;
    const double t0 = -x;
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? 0.0 : t0);
    const double t2 = fabs(t0);
    const double t3 = -t2;
    const double t4 = exp(t3);
    const double t5 = (t1 == 0.0 ? t4 : t1 == t1 ? 1.0 : NAN);
    const double t6 = 1.0 + t4;
    const double t7 = t5 / t6;
    const double t8 = t7 + 0.0;
    return t8;
}

static inline double forward_relu(double x)
{
    const double t0 = (x > 0.0 || x != x ? x : 0.0);
    return t0;
}

static inline double partial0_relu(double out, double x)
{
    (void)x;
    const double t0 = (out > 0.0 ? 1.0 : out <= 0.0 ? -0.0 : out);
    return t0;
}

static inline double forward_relu6(double x)
{
    const double t0 = (x >= 0.0 || x != x ? x : 0.0);
    const double t1 = (t0 <= 6.0 || t0 != t0 ? t0 : 6.0);
    return t1;
}

static inline double partial0_relu6(double out, double x)
{
    (void)out;
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? -0.0 : x);
    const double t1 = 6.0 - x;
    const double t2 = (t1 > 0.0 ? 1.0 : t1 <= 0.0 ? -0.0 : t1);
    const double t3 = sg_choose(t0, t2);
    return t3;
}

static inline double forward_leaky_relu(double x, double y)
{
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t1 = y * x;
    const double t2 = (t0 == 0.0 ? t1 : t0 == t0 ? x : NAN);
    return t2;
}

static inline double partial0_leaky_relu(double out, double x, double y)
{
    (void)out;
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t1 = (t0 == 0.0 ? y : t0 == t0 ? 1.0 : NAN);
    const double t2 = (y >= 0.0 || y != y ? y : 0.0);
    const double t3 = (t2 <= 1.0 || t2 != t2 ? t2 : 1.0);
    const double t4 = (x == 0.0 ? t3 : x == x ? t1 : NAN);
    const double t5 = t4 + 0.0;
    return t5;
}

static inline double partial1_leaky_relu(double out, double x, double y)
{
    (void)out;
    (void)y;
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t1 = x + 0.0;
    const double t2 = (t0 == 0.0 ? t1 : t0 == t0 ? (-0.0) : NAN);
    return t2;
}

static inline double beside0_leaky_relu(double out, double x, double y)
{
    (void)out;
    const double t0 = (y >= 0.0 || y != y ? y : 0.0);
    const double t1 = (t0 <= 1.0 || t0 != t0 ? t0 : 1.0);
    const double t2 = (y == 0.0 ? (-0.0) : y == y ? t1 : NAN);
    const double t3 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t4 = (y == 0.0 ? (-0.0) : y == y ? y : NAN);
    const double t5 = (t3 == 0.0 ? t4 : t3 == t3 ? 1.0 : NAN);
    const double t6 = (x == 0.0 ? t2 : x == x ? t5 : NAN);
    return t6;
}

static inline double beside1_leaky_relu(double out, double x, double y)
{
    (void)out;
    (void)y;
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t1 = x + 0.0;
    const double t2 = (t0 == 0.0 ? t1 : t0 == t0 ? (-0.0) : NAN);
    return t2;
}

static inline double forward_elu(double x, double y)
{
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t1 = expm1(x);
    const double t2 = y * t1;
    const double t3 = (t0 == 0.0 ? t2 : t0 == t0 ? x : NAN);
    return t3;
}

static inline double partial0_elu(double out, double x, double y)
{
    (void)out;
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t1 = exp(x);
    const double t2 = y * t1;
    const double t3 = (t0 == 0.0 ? t2 : t0 == t0 ? 1.0 : NAN);
    const double t4 = (y >= 0.0 || y != y ? y : 0.0);
    const double t5 = (t4 <= 1.0 || t4 != t4 ? t4 : 1.0);
    const double t6 = (x == 0.0 ? t5 : x == x ? t3 : NAN);
    const double t7 = t6 + 0.0;
    return t7;
}

static inline double partial1_elu(double out, double x, double y)
{
    (void)out;
    (void)y;
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t1 = expm1(x);
    const double t2 = t1 + 0.0;
    const double t3 = (t0 == 0.0 ? t2 : t0 == t0 ? (-0.0) : NAN);
    return t3;
}

static inline double beside0_elu(double out, double x, double y)
{
    (void)out;
    const double t0 = exp(x);
    const double t1 = y * t0;
    const double t2 = t1 + 0.0;
    const double t3 = (y >= 0.0 || y != y ? y : 0.0);
    const double t4 = (t3 <= 1.0 || t3 != t3 ? t3 : 1.0);
    const double t5 = (y == 0.0 ? (-0.0) : y == y ? t4 : NAN);
    const double t6 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t7 = (y == 0.0 ? (-0.0) : y == y ? t2 : NAN);
    const double t8 = (t6 == 0.0 ? t7 : t6 == t6 ? 1.0 : NAN);
    const double t9 = (x == 0.0 ? t5 : x == x ? t8 : NAN);
    return t9;
}

static inline double beside1_elu(double out, double x, double y)
{
    (void)out;
    (void)y;
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t1 = expm1(x);
    const double t2 = t1 + 0.0;
    const double t3 = (t0 == 0.0 ? t2 : t0 == t0 ? (-0.0) : NAN);
    return t3;
}

static inline double forward_selu(double x)
{
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t1 = expm1(x);
    const double t2 = 1.6732632423543772 * t1;
    const double t3 = (t0 == 0.0 ? t2 : t0 == t0 ? x : NAN);
    const double t4 = 1.0507009873554805 * t3;
    return t4;
}

static inline double partial0_selu(double out, double x)
{
    (void)out;
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t1 = exp(x);
    const double t2 = 1.6732632423543772 * t1;
    const double t3 = (t0 == 0.0 ? t2 : t0 == t0 ? 1.0 : NAN);
    const double t4 = (x == 0.0 ? 1.0 : x == x ? t3 : NAN);
    const double t5 = 1.0507009873554805 * t4;
    const double t6 = t5 + 0.0;
    return t6;
}

static inline double forward_gelu(double x)
{
    const double t0 = (x >= (-40.0) || x != x ? x : (-40.0));
    const double t1 = -x;
    const double t2 = t1 / 1.4142135623730951;
    const double t3 = (t2 >= 0.0 || t2 != t2 ? t2 : 0.0);
    const double t4 = (t3 <= 28.0 || t3 != t3 ? t3 : 28.0);
    const double t5 = 134217729.0 * t4;
    const double t6 = t5 - t4;
    const double t7 = t5 - t6;
    const double t8 = t4 - t7;
    const double t9 = (t1 >= 0.0 || t1 != t1 ? t1 : 0.0);
    const double t10 = (t9 <= 39.59797974644666 || t9 != t9 ? t9 : 39.59797974644666);
    const double t11 = t7 * 1.4142135679721832;
    const double t12 = t10 - t11;
    const double t13 = t7 * (-5.599088082064441e-09);
    const double t14 = t12 - t13;
    const double t15 = t8 * 1.4142135679721832;
    const double t16 = t14 - t15;
    const double t17 = t8 * (-5.599088082064441e-09);
    const double t18 = t16 - t17;
    const double t19 = t18 / 1.4142135623730951;
    const double t20 = t4 * (-6.835808657661923e-17);
    const double t21 = t19 - t20;
    const double t22 = erfc(t2);
    const double t23 = 0.5 * t22;
    const double t24 = t4 * t4;
    const double t25 = t24 + 1.2732395447351628;
    const double t26 = sqrt(t25);
    const double t27 = t4 + t26;
    const double t28 = t21 * t27;
    const double t29 = t23 * t28;
    const double t30 = t23 - t29;
    const double t31 = t0 * t30;
    return t31;
}

static inline double partial0_gelu(double out, double x)
{
    (void)out;
    const double t0 = -x;
    const double t1 = t0 / 1.4142135623730951;
    const double t2 = (t1 >= 0.0 || t1 != t1 ? t1 : 0.0);
    const double t3 = (t2 <= 28.0 || t2 != t2 ? t2 : 28.0);
    const double t4 = 134217729.0 * t3;
    const double t5 = t4 - t3;
    const double t6 = t4 - t5;
    const double t7 = t3 - t6;
    const double t8 = (t0 >= 0.0 || t0 != t0 ? t0 : 0.0);
    const double t9 = (t8 <= 39.59797974644666 || t8 != t8 ? t8 : 39.59797974644666);
    const double t10 = t6 * 1.4142135679721832;
    const double t11 = t9 - t10;
    const double t12 = t6 * (-5.599088082064441e-09);
    const double t13 = t11 - t12;
    const double t14 = t7 * 1.4142135679721832;
    const double t15 = t13 - t14;
    const double t16 = t7 * (-5.599088082064441e-09);
    const double t17 = t15 - t16;
    const double t18 = t17 / 1.4142135623730951;
    const double t19 = t3 * (-6.835808657661923e-17);
    const double t20 = t18 - t19;
    const double t21 = erfc(t1);
    const double t22 = 0.5 * t21;
    const double t23 = t3 * t3;
    const double t24 = t23 + 1.2732395447351628;
    const double t25 = sqrt(t24);
    const double t26 = t3 + t25;
    const double t27 = t20 * t26;
    const double t28 = t22 * t27;
    const double t29 = t22 - t28;
    const double t30 = (x >= (-40.0) || x != x ? x : (-40.0));
    const double t31 = (t30 <= 40.0 || t30 != t30 ? t30 : 40.0);
    const double t32 = (sg_exp_square(x, 0.5) / 2.5066282746310002);
    const double t33 = t31 * t32;
    const double t34 = t29 + t33;
    const double t35 = t34 + 0.0;
    return t35;
}

static inline double forward_silu(double x)
{
    const double t0 = (x >= (-800.0) || x != x ? x : (-800.0));
    const double t1 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t2 = fabs(x);
    const double t3 = -t2;
    const double t4 = exp(t3);
    const double t5 = (t1 == 0.0 ? t4 : t1 == t1 ? 1.0 : NAN);
    const double t6 = 1.0 + t4;
    const double t7 = t5 / t6;
    const double t8 = t0 * t7;
    return t8;
}

static inline double partial0_silu(double out, double x)
{
    (void)out;
    const double t0 = (x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x);
    const double t1 = fabs(x);
    const double t2 = -t1;
    const double t3 = exp(t2);
    const double t4 = (t0 == 0.0 ? t3 : t0 == t0 ? 1.0 : NAN);
    const double t5 = 1.0 + t3;
    const double t6 = t4 / t5;
    const double t7 = (x >= (-800.0) || x != x ? x : (-800.0));
    const double t8 = (t7 <= 800.0 || t7 != t7 ? t7 : 800.0);
    const double t9 = -x;
    const double t10 = (t9 > 0.0 ? 1.0 : t9 <= 0.0 ? 0.0 : t9);
    const double t11 = fabs(t9);
    const double t12 = -t11;
    const double t13 = exp(t12);
    const double t14 = (t10 == 0.0 ? t13 : t10 == t10 ? 1.0 : NAN);
    const double t15 = 1.0 + t13;
    const double t16 = t14 / t15;
    const double t17 = t8 * t16;
    const double t18 = 1.0 + t17;
    const double t19 = t6 * t18;
    const double t20 = t19 + 0.0;
    return t20;
}

static inline double forward_hard_swish(double x)
{
    const double t0 = (x >= (-3.0) || x != x ? x : (-3.0));
    const double t1 = x + 3.0;
    const double t2 = (t1 >= 0.0 || t1 != t1 ? t1 : 0.0);
    const double t3 = (t2 <= 6.0 || t2 != t2 ? t2 : 6.0);
    const double t4 = t3 / 6.0;
    const double t5 = t0 * t4;
    return t5;
}

static inline double partial0_hard_swish(double out, double x)
{
    (void)out;
    const double t0 = x + 3.0;
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? 0.0 : t0);
    const double t2 = 3.0 - x;
    const double t3 = (t2 > 0.0 ? 1.0 : t2 <= 0.0 ? 0.0 : t2);
    const double t4 = 2.0 * x;
    const double t5 = t4 + 3.0;
    const double t6 = t5 / 6.0;
    const double t7 = (t3 == 0.0 ? 1.0 : t3 == t3 ? t6 : NAN);
    const double t8 = (t1 == 0.0 ? (-0.0) : t1 == t1 ? t7 : NAN);
    return t8;
}

static inline double forward_exp_difference(double x, double y)
{
    const double t0 = sg_exp_difference(x, y);
    return t0;
}

static inline double partial0_exp_difference(double out, double x, double y)
{
    (void)x;
    (void)y;
    const double t0 = out + 0.0;
    return t0;
}

static inline double partial1_exp_difference(double out, double x, double y)
{
    (void)x;
    (void)y;
    const double t0 = -out;
    const double t1 = t0 + 0.0;
    return t1;
}

static inline double forward_logaddexp(double x, double y)
{
    const double t0 = (x >= y || x != x ? x : y);
    const double t1 = (x <= y || x != x ? x : y);
    const double t2 = sg_exp_difference(t1, t0);
    const double t3 = log1p(t2);
    const double t4 = t0 + t3;
    return t4;
}

static inline double partial0_logaddexp(double out, double x, double y)
{
    (void)out;
    const double t0 = (x >= y || x != x ? x : y);
    const double t1 = sg_exp_difference(x, t0);
    const double t2 = sg_exp_difference(y, t0);
    const double t3 = t1 + t2;
    const double t4 = t1 / t3;
    const double t5 = (t3 == 0.0 ? 0.0 : t3 == t3 ? t4 : NAN);
    const double t6 = t5 + 0.0;
    return t6;
}

static inline double partial1_logaddexp(double out, double x, double y)
{
    (void)out;
    const double t0 = (y >= x || y != y ? y : x);
    const double t1 = sg_exp_difference(y, t0);
    const double t2 = sg_exp_difference(x, t0);
    const double t3 = t1 + t2;
    const double t4 = t1 / t3;
    const double t5 = (t3 == 0.0 ? 0.0 : t3 == t3 ? t4 : NAN);
    const double t6 = t5 + 0.0;
    return t6;
}

static inline double forward_share(double x, double y)
{
    const double t0 = (x >= y || x != x ? x : y);
    const double t1 = sg_exp_difference(x, t0);
    const double t2 = sg_exp_difference(y, t0);
    const double t3 = t1 + t2;
    const double t4 = t1 / t3;
    const double t5 = (t3 == 0.0 ? 0.0 : t3 == t3 ? t4 : NAN);
    return t5;
}

static inline double partial0_share(double out, double x, double y)
{
    const double t0 = (y >= x || y != y ? y : x);
    const double t1 = sg_exp_difference(y, t0);
    const double t2 = sg_exp_difference(x, t0);
    const double t3 = t1 + t2;
    const double t4 = t1 / t3;
    const double t5 = (t3 == 0.0 ? 0.0 : t3 == t3 ? t4 : NAN);
    const double t6 = out * t5;
    const double t7 = t6 + 0.0;
    return t7;
}

static inline double partial1_share(double out, double x, double y)
{
    const double t0 = (y >= x || y != y ? y : x);
    const double t1 = sg_exp_difference(y, t0);
    const double t2 = sg_exp_difference(x, t0);
    const double t3 = t1 + t2;
    const double t4 = t1 / t3;
    const double t5 = (t3 == 0.0 ? 0.0 : t3 == t3 ? t4 : NAN);
    const double t6 = out * t5;
    const double t7 = -t6;
    const double t8 = t7 + 0.0;
    return t8;
}

static inline double forward_fraction(double x, double y, double z)
{
    (void)y;
    const double t0 = x / z;
    return t0;
}

static inline double partial0_fraction(double out, double x, double y, double z)
{
    (void)out;
    (void)x;
    const double t0 = y / z;
    const double t1 = 1.0 / z;
    const double t2 = t0 * t1;
    const double t3 = t2 + 0.0;
    return t3;
}

static inline double partial1_fraction(double out, double x, double y, double z)
{
    (void)x;
    (void)y;
    const double t0 = -out;
    const double t1 = 1.0 / z;
    const double t2 = t0 * t1;
    const double t3 = t2 + 0.0;
    return t3;
}

static inline double partial2_fraction(double out, double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double forward_per_total(double x, double y, double z)
{
    (void)x;
    (void)y;
    const double t0 = 1.0 / z;
    return t0;
}

static inline double partial0_per_total(double out, double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    const double t0 = out * out;
    const double t1 = -t0;
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double partial1_per_total(double out, double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    const double t0 = out * out;
    const double t1 = -t0;
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double partial2_per_total(double out, double x, double y, double z)
{
    (void)x;
    (void)y;
    (void)z;
    const double t0 = (out > out ? 1.0 : out < out ? -1.0 : out == out ? 0.0 : NAN);
    const double t1 = (t0 > 0.0 ? 1.0 : t0 <= 0.0 ? -0.0 : t0);
    return t1;
}

static inline double partial_sum(double out, double x, double count)
{
    (void)out;
    (void)x;
    (void)count;
    return 1.0;
}

static inline double partial_mean(double out, double x, double count)
{
    (void)out;
    (void)x;
    const double t0 = 1.0 / count;
    const double t1 = t0 + 0.0;
    return t1;
}

static inline double partial_logsumexp(double out, double x, double count)
{
    const double t0 = sg_exp_difference(x, out);
    const double t1 = t0 / count;
    const double t2 = t1 + 0.0;
    return t2;
}

static inline double partial_max(double out, double x, double count)
{
    const double t0 = (x > out ? 1.0 : x < out ? -1.0 : x == out ? 0.0 : NAN);
    const double t1 = 1.0 / count;
    const double t2 = (t1 != 0.0 ? t1 : -0.0);
    const double t3 = (t0 == 0.0 ? t2 : t0 == t0 ? (-0.0) : NAN);
    return t3;
}

static inline double partial_min(double out, double x, double count)
{
    const double t0 = (x > out ? 1.0 : x < out ? -1.0 : x == out ? 0.0 : NAN);
    const double t1 = 1.0 / count;
    const double t2 = (t1 != 0.0 ? t1 : -0.0);
    const double t3 = (t0 == 0.0 ? t2 : t0 == t0 ? (-0.0) : NAN);
    return t3;
}

/* ROW(name) */
#define UNARY_ROWS(ROW) \
    ROW(step) \
    ROW(taken) \
    ROW(start) \
    ROW(identity) \
    ROW(neg) \
    ROW(abs) \
    ROW(square) \
    ROW(reciprocal) \
    ROW(inverse) \
    ROW(sign) \
    ROW(floor) \
    ROW(ceil) \
    ROW(trunc) \
    ROW(round) \
    ROW(exp) \
    ROW(exp2) \
    ROW(expm1) \
    ROW(log) \
    ROW(log2) \
    ROW(log10) \
    ROW(log1p) \
    ROW(sqrt) \
    ROW(cbrt) \
    ROW(sin) \
    ROW(cos) \
    ROW(tan) \
    ROW(asin) \
    ROW(acos) \
    ROW(one_less_square) \
    ROW(atan) \
    ROW(degrees) \
    ROW(radians) \
    ROW(sinh) \
    ROW(cosh) \
    ROW(tanh) \
    ROW(sech_square) \
    ROW(asinh) \
    ROW(cosine_at_slope) \
    ROW(acosh) \
    ROW(atanh) \
    ROW(erf) \
    ROW(erfc) \
    ROW(gaussian) \
    ROW(normal) \
    ROW(distribution) \
    ROW(lgamma) \
    ROW(sinc) \
    ROW(sigmoid) \
    ROW(logistic) \
    ROW(softplus) \
    ROW(log_sigmoid) \
    ROW(relu) \
    ROW(relu6) \
    ROW(selu) \
    ROW(gelu) \
    ROW(silu) \
    ROW(hard_swish)

/* ROW(name, partials beside a constant, defaults, default, Python's operator with the
   operands swapped, as written) */
#define BINARY_ROWS(ROW) \
    ROW(compare, partial, 0, NAN, "", "") \
    ROW(chain, partial, 0, NAN, "", "") \
    ROW(choose, partial, 0, NAN, "", "") \
    ROW(rounds, partial, 0, NAN, "", "") \
    ROW(add, partial, 0, NAN, "__add__", "__radd__") \
    ROW(sub, partial, 0, NAN, "__sub__", "__rsub__") \
    ROW(mul, beside, 0, NAN, "__mul__", "__rmul__") \
    ROW(div, partial, 0, NAN, "__truediv__", "__rtruediv__") \
    ROW(pow, beside, 0, NAN, "__pow__", "__rpow__") \
    ROW(mod, partial, 0, NAN, "__mod__", "__rmod__") \
    ROW(floordiv, partial, 0, NAN, "__floordiv__", "__rfloordiv__") \
    ROW(fmod, partial, 0, NAN, "", "") \
    ROW(remainder, partial, 0, NAN, "", "") \
    ROW(copysign, partial, 0, NAN, "", "") \
    ROW(maximum, beside, 0, NAN, "", "") \
    ROW(minimum, beside, 0, NAN, "", "") \
    ROW(atan2, partial, 0, NAN, "", "") \
    ROW(hypot, partial, 0, NAN, "", "") \
    ROW(polygamma, partial, 0, NAN, "", "") \
    ROW(sinc_derivative, partial, 0, NAN, "", "") \
    ROW(leaky_relu, beside, 1, 0.01, "", "") \
    ROW(elu, beside, 1, 1.0, "", "") \
    ROW(exp_difference, partial, 0, NAN, "", "") \
    ROW(logaddexp, partial, 0, NAN, "", "") \
    ROW(share, partial, 0, NAN, "", "")

/* ROW(name, the operands from which on all must be constants) */
#define TERNARY_ROWS(ROW) \
    ROW(where, 3) \
    ROW(clamp, 1) \
    ROW(turning, 3) \
    ROW(unit, 3) \
    ROW(per_hypot, 3) \
    ROW(fraction, 3) \
    ROW(per_total, 3)

/* ROW(name, forward, count, what stands for `out` in them, or NULL) */
#define FOLD_ROWS(ROW) \
    ROW(sum, fold_sum, count_length, NULL) \
    ROW(mean, fold_mean, count_length, NULL) \
    ROW(logsumexp, fold_logsumexp, count_shares, fold_max) \
    ROW(max, fold_max, count_ties, NULL) \
    ROW(min, fold_min, count_ties, NULL)

/* ROW(name): what the machine has an instruction for, on vectors or a lane at a time */
#define VECTOR_UNARY(ROW) \
    ROW(step) \
    ROW(taken) \
    ROW(exp) \
    ROW(exp2) \
    ROW(expm1) \
    ROW(log) \
    ROW(log2) \
    ROW(log10) \
    ROW(log1p) \
    ROW(sqrt) \
    ROW(cbrt) \
    ROW(sin) \
    ROW(cos) \
    ROW(tan) \
    ROW(asin) \
    ROW(acos) \
    ROW(atan) \
    ROW(sinh) \
    ROW(cosh) \
    ROW(tanh) \
    ROW(asinh) \
    ROW(acosh) \
    ROW(atanh) \
    ROW(erf) \
    ROW(erfc) \
    ROW(gaussian) \
    ROW(normal) \
    ROW(relu)

#define LANE_UNARY(ROW) \
    ROW(start) \
    ROW(identity) \
    ROW(neg) \
    ROW(abs) \
    ROW(square) \
    ROW(reciprocal) \
    ROW(inverse) \
    ROW(floor) \
    ROW(ceil) \
    ROW(trunc) \
    ROW(round) \
    ROW(degrees) \
    ROW(radians) \
    ROW(lgamma) \
    ROW(sinc)

#define MACHINE_UNARY(ROW) \
    VECTOR_UNARY(ROW) \
    LANE_UNARY(ROW)

#define VECTOR_BINARY(ROW) \
    ROW(compare) \
    ROW(pow) \
    ROW(maximum) \
    ROW(minimum) \
    ROW(atan2) \
    ROW(hypot) \
    ROW(exp_difference)

#define LANE_BINARY(ROW) \
    ROW(chain) \
    ROW(choose) \
    ROW(rounds) \
    ROW(add) \
    ROW(sub) \
    ROW(mul) \
    ROW(div) \
    ROW(mod) \
    ROW(floordiv) \
    ROW(fmod) \
    ROW(remainder) \
    ROW(copysign) \
    ROW(polygamma) \
    ROW(sinc_derivative)

#define MACHINE_BINARY(ROW) \
    VECTOR_BINARY(ROW) \
    LANE_BINARY(ROW)

#define MACHINE_TERNARY(ROW) \
    ROW(where)

/* ROW(Python name, name, documentation) */
#define UNARY_METHODS(ROW) \
    ROW(step, step, "step(x): 1 if x > 0, 0 if not, NaN if x is NaN. Its gradient is 0 everywhere.") \
    ROW(abs, abs, "abs(x): The absolute value of x; at 0 its gradient is 0.") \
    ROW(fabs, abs, "abs(x): The absolute value of x; at 0 its gradient is 0.") \
    ROW(square, square, "square(x): x².") \
    ROW(reciprocal, reciprocal, "reciprocal(x): 1/x.") \
    ROW(sign, sign, "sign(x): 1 if x > 0, −1 if x < 0, 0 at 0. Its gradient is 0.") \
    ROW(floor, floor, "floor(x): The greatest whole number that is not above x, as a float. Its gradient is 0.") \
    ROW(ceil, ceil, "ceil(x): The least whole number that is not below x, as a float. Its gradient is 0.") \
    ROW(trunc, trunc, "trunc(x): x without its digits after the point, as a float. Its gradient is 0.") \
    ROW(round, round, "round(x): The whole number nearest to x, of two the even one, as a float. Its gradient is 0.") \
    ROW(rint, round, "round(x): The whole number nearest to x, of two the even one, as a float. Its gradient is 0.") \
    ROW(exp, exp, "exp(x): e to the power of x.") \
    ROW(exp2, exp2, "exp2(x): 2 to the power of x.") \
    ROW(expm1, expm1, "expm1(x): exp(x) − 1, accurate near 0.") \
    ROW(log, log, "log(x): The natural logarithm of x.") \
    ROW(log2, log2, "log2(x): The logarithm of x to base 2.") \
    ROW(log10, log10, "log10(x): The logarithm of x to base 10.") \
    ROW(log1p, log1p, "log1p(x): log(1 + x), accurate near 0.") \
    ROW(sqrt, sqrt, "sqrt(x): The square root of x.") \
    ROW(cbrt, cbrt, "cbrt(x): The cube root of x, negative for a negative x.") \
    ROW(sin, sin, "sin(x): The sine of x, an angle in radians.") \
    ROW(cos, cos, "cos(x): The cosine of x, an angle in radians.") \
    ROW(tan, tan, "tan(x): The tangent of x, an angle in radians.") \
    ROW(asin, asin, "asin(x): The angle from −π/2 to π/2 whose sine is x.") \
    ROW(arcsin, asin, "asin(x): The angle from −π/2 to π/2 whose sine is x.") \
    ROW(acos, acos, "acos(x): The angle from 0 to π whose cosine is x.") \
    ROW(arccos, acos, "acos(x): The angle from 0 to π whose cosine is x.") \
    ROW(atan, atan, "atan(x): The angle between −π/2 and π/2 whose tangent is x.") \
    ROW(arctan, atan, "atan(x): The angle between −π/2 and π/2 whose tangent is x.") \
    ROW(degrees, degrees, "degrees(x): An angle in degrees that is x radians.") \
    ROW(rad2deg, degrees, "degrees(x): An angle in degrees that is x radians.") \
    ROW(radians, radians, "radians(x): An angle in radians that is x degrees.") \
    ROW(deg2rad, radians, "radians(x): An angle in radians that is x degrees.") \
    ROW(sinh, sinh, "sinh(x): The hyperbolic sine of x.") \
    ROW(cosh, cosh, "cosh(x): The hyperbolic cosine of x.") \
    ROW(tanh, tanh, "tanh(x): The hyperbolic tangent of x.") \
    ROW(asinh, asinh, "asinh(x): The number whose hyperbolic sine is x.") \
    ROW(arcsinh, asinh, "asinh(x): The number whose hyperbolic sine is x.") \
    ROW(acosh, acosh, "acosh(x): The number from 0 up whose hyperbolic cosine is x.") \
    ROW(arccosh, acosh, "acosh(x): The number from 0 up whose hyperbolic cosine is x.") \
    ROW(atanh, atanh, "atanh(x): The number whose hyperbolic tangent is x.") \
    ROW(arctanh, atanh, "atanh(x): The number whose hyperbolic tangent is x.") \
    ROW(erf, erf, "erf(x): The error function of x.") \
    ROW(erfc, erfc, "erfc(x): 1 − erf(x), accurate where that is small.") \
    ROW(lgamma, lgamma, "lgamma(x): The logarithm of the absolute value of Γ(x).") \
    ROW(sinc, sinc, "sinc(x): sin(πx)/(πx), 1 at 0: NumPy's normalised sinc.") \
    ROW(sigmoid, sigmoid, "sigmoid(x): 1/(1 + exp(−x)), the logistic function.") \
    ROW(softplus, softplus, "softplus(x): log(1 + exp(x)), a smooth relu.") \
    ROW(log_sigmoid, log_sigmoid, "log_sigmoid(x): log(sigmoid(x)), accurate for every x.") \
    ROW(relu, relu, "relu(x): x if x > 0, 0 if not; at 0 its gradient is 0.") \
    ROW(relu6, relu6, "relu6(x): x kept within [0, 6].") \
    ROW(selu, selu, "selu(x): elu with the scale and the alpha that keep mean 0 and variance 1 from layer to layer.") \
    ROW(gelu, gelu, "gelu(x): x·Φ(x), with the distribution function Φ of the normal distribution.") \
    ROW(silu, silu, "silu(x): x·σ(x), also called swish.") \
    ROW(hard_swish, hard_swish, "hard_swish(x): x·relu6(x + 3)/6, a silu made of straight pieces.")

#define BINARY_METHODS(ROW) \
    ROW(fmod, fmod, "fmod(x, y): x − n·y with the whole n nearest to x/y towards 0, with the sign of x: as math.fmod.") \
    ROW(remainder, remainder, "remainder(x, y): x − n·y with the whole n nearest to x/y, of two the even one: as in IEEE 754 and math.remainder. Python's % is mod, which NumPy calls remainder.") \
    ROW(copysign, copysign, "copysign(x, y): The size of x with the sign of y, which −0.0 and 0.0 have too.") \
    ROW(maximum, maximum, "maximum(x, y): The larger of two; NaN if either is. Two variables that tie share the gradient, a variable that ties with a constant gets none.") \
    ROW(minimum, minimum, "minimum(x, y): The smaller of two; NaN if either is. Two variables that tie share the gradient, a variable that ties with a constant gets none.") \
    ROW(atan2, atan2, "atan2(y, x): The angle from −π to π of the point (x, y), y given first: as math.atan2.") \
    ROW(arctan2, atan2, "atan2(y, x): The angle from −π to π of the point (x, y), y given first: as math.atan2.") \
    ROW(hypot, hypot, "hypot(x, y): √(x² + y²), without overflow on the way.") \
    ROW(leaky_relu, leaky_relu, "leaky_relu(x, slope=0.01): x if x > 0, slope·x if not.") \
    ROW(elu, elu, "elu(x, alpha=1.0): x if x > 0, alpha·(exp(x) − 1) if not.") \
    ROW(logaddexp, logaddexp, "logaddexp(x, y): log(exp(x) + exp(y)), without overflow.")

#define TERNARY_METHODS(ROW) \
    ROW(clamp, clamp, "clamp(x, low, high): x kept within [low, high]; the gradient is 0 outside and at both bounds. Bounds that are Values get gradients too, through minimum(maximum(x, low), high).")

#define PYTHON_METHODS(ROW)

#define NUMBER_SLOTS \
    .nb_add = slot_add, \
    .nb_subtract = slot_sub, \
    .nb_multiply = slot_mul, \
    .nb_true_divide = slot_div, \
    .nb_remainder = slot_mod, \
    .nb_floor_divide = slot_floordiv, \
    .nb_negative = slot_neg, \
    .nb_absolute = slot_abs
