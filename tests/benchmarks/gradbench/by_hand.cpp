// What the evaluations compute, with derivatives by hand: what a compiler makes of loops.
// Arrays are rows of doubles, one after the other.
#include <algorithm>
#include <cmath>
#include <vector>

using std::exp;
using std::log;
using std::sqrt;
using Numbers = std::vector<double>;

extern "C" {

// ------ linear least squares: x has m coefficients, points are n in [−1, 1]
static double miss(const double *x, long m, double t)
{
    double found = 0.0;
    for (long j = m - 1; j >= 0; j--)
        found = found * t + x[j];
    return ((t > 0.0) - (t < 0.0)) - found;
}

static double point(long i, long n)
{
    return -1.0 + 2.0 * i / (n - 1);
}

double llsq_primal(const double *x, long m, long n)
{
    double total = 0.0;
    for (long i = 0; i < n; i++) {
        const double off = miss(x, m, point(i, n));
        total += 0.5 * off * off;
    }
    return total;
}

void llsq_gradient(double *slope, const double *x, long m, long n)
{
    std::fill(slope, slope + m, 0.0);
    for (long i = 0; i < n; i++) {
        const double t = point(i, n);
        double power = -miss(x, m, t);
        for (long j = 0; j < m; j++, power *= t)
            slope[j] += power;
    }
}

// ------ log Σ exp x
static double sum_of_shifted(const double *x, long n, double largest)
{
    double total = 0.0;
    for (long i = 0; i < n; i++)
        total += exp(x[i] - largest);
    return total;
}

double lse_primal(const double *x, long n)
{
    const double largest = *std::max_element(x, x + n);
    return largest + log(sum_of_shifted(x, n, largest));
}

void lse_gradient(double *slope, const double *x, long n)
{
    const double largest = *std::max_element(x, x + n);
    double total = 0.0;
    for (long i = 0; i < n; i++)
        total += slope[i] = exp(x[i] - largest);
    for (long i = 0; i < n; i++)
        slope[i] /= total;
}

// ------ k means
static double nearest(const double *x, const double *centroids, long k, long d, long *which)
{
    double least = INFINITY;
    for (long c = 0; c < k; c++) {
        double square = 0.0;
        for (long j = 0; j < d; j++)
            square += (x[j] - centroids[c * d + j]) * (x[j] - centroids[c * d + j]);
        if (square < least) {
            least = square;
            *which = c;
        }
    }
    return least;
}

double kmeans_cost(const double *points, const double *centroids, long n, long k, long d)
{
    double total = 0.0;
    long which;
    for (long i = 0; i < n; i++)
        total += nearest(points + i * d, centroids, k, d, &which);
    return total;
}

void kmeans_dir(double *step, const double *points, const double *centroids, long n, long k,
                long d)
{
    Numbers count(k, 0.0);
    std::fill(step, step + k * d, 0.0);
    for (long i = 0; i < n; i++) {
        long which = 0;
        nearest(points + i * d, centroids, k, d, &which);
        count[which] += 1.0;
        for (long j = 0; j < d; j++)
            step[which * d + j] += centroids[which * d + j] - points[i * d + j];
    }
    for (long c = 0; c < k; c++)
        for (long j = 0; j < d; j++)
            step[c * d + j] /= count[c];
}

// ------ a determinant by minors
static double minor_of(const double *a, long size, long row, const long *columns)
{
    const long left = size - row;
    if (left == 1)
        return a[row * size + columns[0]];
    long rest[32];
    std::copy(columns + 1, columns + left, rest);
    double total = 0.0, sign = 1.0;
    for (long k = 0; k < left; k++, sign = -sign) {
        total += sign * a[row * size + columns[k]] * minor_of(a, size, row + 1, rest);
        rest[k] = columns[k];
    }
    return total;
}

double det_primal(const double *a, long size)
{
    long columns[32];
    for (long j = 0; j < size; j++)
        columns[j] = j;
    return minor_of(a, size, 0, columns);
}

static double minor_and_slopes(double *slope, const double *a, long size, long row,
                               const long *columns, double upstream)
{
    const long left = size - row;
    if (left == 1) {
        slope[row * size + columns[0]] += upstream;
        return a[row * size + columns[0]];
    }
    long rest[32];
    std::copy(columns + 1, columns + left, rest);
    double total = 0.0, sign = 1.0;
    for (long k = 0; k < left; k++, sign = -sign) {
        const long at = row * size + columns[k];
        const double found =
            minor_and_slopes(slope, a, size, row + 1, rest, upstream * sign * a[at]);
        slope[at] += upstream * sign * found;
        total += sign * a[at] * found;
        rest[k] = columns[k];
    }
    return total;
}

void det_gradient(double *slope, const double *a, long size)
{
    long columns[32];
    for (long j = 0; j < size; j++)
        columns[j] = j;
    std::fill(slope, slope + size * size, 0.0);
    minor_and_slopes(slope, a, size, 0, columns, 1.0);
}

// ------ Runge–Kutta
static void slope_of(double *k, const double *x, const double *y, long n)
{
    k[0] = x[0];
    for (long i = 1; i < n; i++)
        k[i] = x[i] * y[i - 1];
}

static void moved(double *to, const double *y, const double *k, double h, long n)
{
    for (long i = 0; i < n; i++)
        to[i] = y[i] + h * k[i];
}

// the four slopes of a step, and where each is taken
struct Step {
    Numbers k[4], at[4];
    explicit Step(long n)
    {
        for (int j = 0; j < 4; j++)
            k[j].resize(n), at[j].resize(n);
    }
    void take(const double *x, const double *y, double h, long n)
    {
        const double part[] = {0.0, 0.5 * h, 0.5 * h, h};
        std::copy(y, y + n, at[0].begin());
        for (int j = 0; j < 4; j++) {
            if (j)
                moved(at[j].data(), y, k[j - 1].data(), part[j], n);
            slope_of(k[j].data(), x, at[j].data(), n);
        }
    }
};

static void forward(double *ys, const double *x, long n, long s)
{
    const double h = 2.0 / s;
    Step step(n);
    std::fill(ys, ys + n, 0.0);
    for (long t = 0; t < s; t++) {
        const double *y = ys + t * n;
        double *next = ys + (t + 1) * n;
        step.take(x, y, h, n);
        for (long i = 0; i < n; i++)
            next[i] = y[i] + h / 6.0 * (step.k[0][i] + 2.0 * step.k[1][i] + 2.0 * step.k[2][i] +
                                        step.k[3][i]);
    }
}

void ode_primal(double *last, const double *x, long n, long s)
{
    const double h = 2.0 / s;
    Step step(n);
    std::fill(last, last + n, 0.0);
    for (long t = 0; t < s; t++) {
        step.take(x, last, h, n);
        for (long i = 0; i < n; i++)
            last[i] += h / 6.0 * (step.k[0][i] + 2.0 * step.k[1][i] + 2.0 * step.k[2][i] +
                                  step.k[3][i]);
    }
}

void ode_gradient(double *slope, const double *x, long n, long s)
{
    const double h = 2.0 / s, weight[] = {1.0, 2.0, 2.0, 1.0}, part[] = {0.0, 0.5 * h, 0.5 * h, h};
    Numbers ys((s + 1) * n), of_y(n, 0.0), of_at(n), of_k(n), next(n);
    Step step(n);
    forward(ys.data(), x, n, s);
    std::fill(slope, slope + n, 0.0);
    of_y[n - 1] = 1.0;
    for (long t = s - 1; t >= 0; t--) {
        step.take(x, ys.data() + t * n, h, n);
        next = of_y;
        std::fill(of_at.begin(), of_at.end(), 0.0);
        for (int j = 3; j >= 0; j--) {
            // what comes through the place of the slope after this one
            const double passed = j < 3 ? part[j + 1] : 0.0;
            for (long i = 0; i < n; i++)
                of_k[i] = h / 6.0 * weight[j] * of_y[i] + passed * of_at[i];
            slope[0] += of_k[0];
            for (long i = 1; i < n; i++) {
                slope[i] += of_k[i] * step.at[j][i - 1];
                of_at[i - 1] = of_k[i] * x[i];
            }
            of_at[n - 1] = 0.0;
            for (long i = 0; i < n; i++)
                next[i] += of_at[i];
        }
        of_y = next;
    }
}

// ------ bundle adjustment: camera of 11 numbers, point of 3
static void cross(double *to, const double *a, const double *b)
{
    to[0] = a[1] * b[2] - a[2] * b[1];
    to[1] = a[2] * b[0] - a[0] * b[2];
    to[2] = a[0] * b[1] - a[1] * b[0];
}

static double inner(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

void ba_objective(double *errors, double *excess, const double *cameras, const double *points,
                  const double *weights, const double *features, const long *of_camera,
                  const long *of_point, long p)
{
    for (long i = 0; i < p; i++) {
        const double *c = cameras + 11 * of_camera[i], *x = points + 3 * of_point[i];
        double w[3], off[3], across[3], y[3];
        const double angle = sqrt(inner(c, c)), cosine = std::cos(angle), sine = std::sin(angle);
        for (int j = 0; j < 3; j++)
            w[j] = c[j] / angle, off[j] = x[j] - c[3 + j];
        cross(across, w, off);
        const double along = inner(w, off) * (1.0 - cosine);
        for (int j = 0; j < 3; j++)
            y[j] = off[j] * cosine + across[j] * sine + w[j] * along;
        const double u = y[0] / y[2], v = y[1] / y[2], square = u * u + v * v;
        const double bent = 1.0 + c[9] * square + c[10] * square * square;
        errors[2 * i] = weights[i] * (u * bent * c[6] + c[7] - features[2 * i]);
        errors[2 * i + 1] = weights[i] * (v * bent * c[6] + c[8] - features[2 * i + 1]);
        excess[i] = 1.0 - weights[i] * weights[i];
    }
}

// rows of 11 + 3 + 1 derivatives, two an observation; then those of the excesses
void ba_jacobian(long *begins, long *columns, double *values, const double *cameras,
                 const double *points, const double *weights, const double *features,
                 const long *of_camera, const long *of_point, long n, long m, long p)
{
    for (long i = 0; i < p; i++) {
        const double *c = cameras + 11 * of_camera[i], *x = points + 3 * of_point[i];
        double w[3], off[3], across[3], y[3];
        const double angle = sqrt(inner(c, c)), cosine = std::cos(angle), sine = std::sin(angle);
        for (int j = 0; j < 3; j++)
            w[j] = c[j] / angle, off[j] = x[j] - c[3 + j];
        cross(across, w, off);
        const double at = inner(w, off), rest = 1.0 - cosine;
        for (int j = 0; j < 3; j++)
            y[j] = off[j] * cosine + across[j] * sine + w[j] * at * rest;
        // y in the rotation, and in the point
        double turned[3][3], moved[3][3];
        for (int k = 0; k < 3; k++) {
            double of_axis[3], changed[3], unit[3] = {0.0, 0.0, 0.0}, pushed[3];
            for (int j = 0; j < 3; j++)
                of_axis[j] = ((j == k) - w[j] * w[k]) / angle;
            cross(changed, of_axis, off);
            unit[k] = 1.0;
            cross(pushed, w, unit);
            const double of_at = inner(of_axis, off);
            for (int j = 0; j < 3; j++) {
                turned[j][k] = -off[j] * sine * w[k] + changed[j] * sine +
                               across[j] * cosine * w[k] + of_axis[j] * at * rest +
                               w[j] * of_at * rest + w[j] * at * sine * w[k];
                moved[j][k] = unit[j] * cosine + pushed[j] * sine + w[j] * w[k] * rest;
            }
        }
        const double z = 1.0 / y[2], flat[] = {y[0] * z, y[1] * z};
        const double square = flat[0] * flat[0] + flat[1] * flat[1];
        const double bent = 1.0 + c[9] * square + c[10] * square * square;
        const double of_square = c[9] + 2.0 * c[10] * square;
        for (int r = 0; r < 2; r++) {
            double *row = values + 15 * (2 * i + r), of_flat[2], of_y[3];
            const double scale = weights[i] * c[6];
            for (int j = 0; j < 2; j++)
                of_flat[j] = scale * ((r == j) * bent + 2.0 * flat[r] * of_square * flat[j]);
            of_y[0] = of_flat[0] * z;
            of_y[1] = of_flat[1] * z;
            of_y[2] = -(of_flat[0] * flat[0] + of_flat[1] * flat[1]) * z;
            for (int k = 0; k < 3; k++) {
                row[k] = of_y[0] * turned[0][k] + of_y[1] * turned[1][k] + of_y[2] * turned[2][k];
                row[11 + k] = of_y[0] * moved[0][k] + of_y[1] * moved[1][k] + of_y[2] * moved[2][k];
                row[3 + k] = -row[11 + k];
            }
            row[6] = weights[i] * flat[r] * bent;
            row[7] = r == 0 ? weights[i] : 0.0;
            row[8] = r == 1 ? weights[i] : 0.0;
            row[9] = scale * flat[r] * square;
            row[10] = scale * flat[r] * square * square;
            row[14] = flat[r] * bent * c[6] + c[7 + r] - features[2 * i + r];
            long *own = columns + 15 * (2 * i + r);
            for (long k = 0; k < 11; k++)
                own[k] = 11 * of_camera[i] + k;
            for (long k = 0; k < 3; k++)
                own[11 + k] = 11 * n + 3 * of_point[i] + k;
            own[14] = 11 * n + 3 * m + i;
            begins[2 * i + r] = 15 * (2 * i + r);
        }
        begins[2 * p + i] = 30 * p + i;
        columns[30 * p + i] = 11 * n + 3 * m + i;
        values[30 * p + i] = -2.0 * weights[i];
    }
    begins[3 * p] = 31 * p;
}

// ------ a mixture of k Gaussians in d dimensions; `common` does not depend on the variables
static double log_sum(const double *x, long n)
{
    return lse_primal(x, n);
}

// off = x − mean, row = Q·off; returns the log of the share
static double component(double *off, double *row, const double *x, double alpha,
                        const double *mean, const double *q, const double *e, const double *low,
                        long d)
{
    double total = alpha, square = 0.0;
    for (long j = 0; j < d; j++) {
        off[j] = x[j] - mean[j];
        row[j] = e[j] * off[j];
        total += q[j];
    }
    for (long j = 0; j < d; j++)
        for (long i = j + 1; i < d; i++)
            row[i] += *low++ * off[j];
    for (long j = 0; j < d; j++)
        square += row[j] * row[j];
    return total - 0.5 * square;
}

static double prior(const double *q, const double *e, const double *low, long k, long d, double m,
                    double gamma)
{
    double total = 0.0, norm = 0.0;
    for (long j = 0; j < k * d; j++)
        total += m * q[j], norm += e[j] * e[j];
    for (long j = 0; j < k * d * (d - 1) / 2; j++)
        norm += low[j] * low[j];
    return total - 0.5 * gamma * gamma * norm;
}

double gmm_objective(const double *x, const double *alpha, const double *mu, const double *q,
                     const double *low, long n, long k, long d, double m, double gamma,
                     double common)
{
    Numbers off(d), row(d), part(k), e(k * d);
    const long each = d * (d - 1) / 2;
    for (long j = 0; j < k * d; j++)
        e[j] = exp(q[j]);
    double total = common + prior(q, e.data(), low, k, d, m, gamma) - n * log_sum(alpha, k);
    for (long i = 0; i < n; i++) {
        for (long c = 0; c < k; c++)
            part[c] = component(off.data(), row.data(), x + i * d, alpha[c], mu + c * d, q + c * d,
                                e.data() + c * d, low + c * each, d);
        total += log_sum(part.data(), k);
    }
    return total;
}

void gmm_jacobian(double *of_alpha, double *of_mu, double *of_q, double *of_low, const double *x,
                  const double *alpha, const double *mu, const double *q, const double *low, long n,
                  long k, long d, double m, double gamma)
{
    const long each = d * (d - 1) / 2;
    Numbers off(k * d), row(k * d), part(k), share(k), e(k * d);
    lse_gradient(share.data(), alpha, k);
    for (long c = 0; c < k; c++)
        of_alpha[c] = -n * share[c];
    std::fill(of_mu, of_mu + k * d, 0.0);
    for (long j = 0; j < k * d; j++) {
        e[j] = exp(q[j]);
        of_q[j] = m - gamma * gamma * e[j] * e[j];
    }
    for (long j = 0; j < k * each; j++)
        of_low[j] = -gamma * gamma * low[j];
    for (long i = 0; i < n; i++) {
        for (long c = 0; c < k; c++)
            part[c] = component(&off[c * d], &row[c * d], x + i * d, alpha[c], mu + c * d,
                                q + c * d, e.data() + c * d, low + c * each, d);
        lse_gradient(share.data(), part.data(), k);
        for (long c = 0; c < k; c++) {
            const double *o = &off[c * d], *r = &row[c * d], *l = low + c * each;
            double *to = of_low + c * each;
            of_alpha[c] += share[c];
            for (long j = 0; j < d; j++) {
                double of_off = -e[c * d + j] * r[j];
                of_q[c * d + j] += share[c] * (1.0 - r[j] * e[c * d + j] * o[j]);
                for (long a = j + 1; a < d; a++) {
                    of_off -= *l++ * r[a];
                    *to++ -= share[c] * r[a] * o[j];
                }
                of_mu[c * d + j] -= share[c] * of_off;
            }
        }
    }
}

// ------ a recurrent network; main has two rows a layer, of four gates of each unit
static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

// what one unit computes in one step, kept for the way back
struct Unit {
    double given, hidden, memory, forget, let_in, let_out, change, bent;
};

static double unit(Unit *u, const double *w, const double *b, long units, double *hidden,
                   double *memory, double given)
{
    u->given = given;
    u->hidden = *hidden;
    u->memory = *memory;
    u->forget = sigmoid(given * w[0] + b[0]);
    u->let_in = sigmoid(*hidden * w[units] + b[units]);
    u->let_out = sigmoid(given * w[2 * units] + b[2 * units]);
    u->change = std::tanh(*hidden * w[3 * units] + b[3 * units]);
    *memory = *memory * u->forget + u->let_in * u->change;
    u->bent = std::tanh(*memory);
    return *hidden = u->let_out * u->bent;
}

// all steps: the loss; kept are the units of each step and layer, and the guesses of each step
static double run(Unit *kept, double *guesses, const double *main, const double *extra,
                  const double *state, const double *sequence, long layers, long units, long length)
{
    Numbers now(state, state + 2 * layers * units), at(units);
    double total = 0.0;
    for (long t = 0; t + 1 < length; t++) {
        const double *character = sequence + t * units, *following = character + units;
        for (long i = 0; i < units; i++)
            at[i] = character[i] * extra[i];
        for (long l = 0; l < layers; l++) {
            const double *w = main + 2 * l * 4 * units, *b = w + 4 * units;
            double *hidden = &now[2 * l * units], *memory = hidden + units;
            for (long i = 0; i < units; i++)
                at[i] = unit(kept + (t * layers + l) * units + i, w + i, b + i, units, hidden + i,
                             memory + i, at[i]);
        }
        double norm = 2.0, *guess = guesses + t * units;
        for (long i = 0; i < units; i++) {
            guess[i] = at[i] * extra[units + i] + extra[2 * units + i];
            norm += exp(guess[i]);
        }
        for (long i = 0; i < units; i++)
            total += following[i] * (guess[i] - log(norm));
    }
    return -total / (units * (length - 1));
}

double lstm_objective(const double *main, const double *extra, const double *state,
                      const double *sequence, long layers, long units, long length)
{
    std::vector<Unit> kept(length * layers * units);
    Numbers guesses(length * units);
    return run(kept.data(), guesses.data(), main, extra, state, sequence, layers, units, length);
}

// the derivatives of one unit: returns that of what it was given
static double unit_back(const Unit *u, double *of_w, double *of_b, const double *w, long units,
                        double *of_hidden, double *of_memory)
{
    const double of_out = *of_hidden * u->bent;
    const double of_now = *of_memory + *of_hidden * u->let_out * (1.0 - u->bent * u->bent);
    const double slope[] = {
        of_now * u->memory * u->forget * (1.0 - u->forget),
        of_now * u->change * u->let_in * (1.0 - u->let_in),
        of_out * u->let_out * (1.0 - u->let_out),
        of_now * u->let_in * (1.0 - u->change * u->change),
    };
    for (int g = 0; g < 4; g++) {
        of_w[g * units] += slope[g] * (g % 2 ? u->hidden : u->given);
        of_b[g * units] += slope[g];
    }
    *of_memory = of_now * u->forget;
    *of_hidden = slope[1] * w[units] + slope[3] * w[3 * units];
    return slope[0] * w[0] + slope[2] * w[2 * units];
}

void lstm_jacobian(double *of_main, double *of_extra, const double *main, const double *extra,
                   const double *state, const double *sequence, long layers, long units,
                   long length)
{
    std::vector<Unit> kept(length * layers * units);
    Numbers guesses(length * units), of_state(2 * layers * units, 0.0), of_at(units);
    run(kept.data(), guesses.data(), main, extra, state, sequence, layers, units, length);
    std::fill(of_main, of_main + layers * 8 * units, 0.0);
    std::fill(of_extra, of_extra + 3 * units, 0.0);
    const double scale = -1.0 / (units * (length - 1));
    for (long t = length - 2; t >= 0; t--) {
        const double *character = sequence + t * units, *following = character + units;
        const double *guess = guesses.data() + t * units;
        double norm = 2.0, count = 0.0;
        for (long i = 0; i < units; i++)
            norm += exp(guess[i]), count += following[i];
        for (long i = 0; i < units; i++) {
            const double slope = scale * (following[i] - count * exp(guess[i]) / norm);
            const Unit *top = &kept[(t * layers + layers - 1) * units + i];
            of_extra[units + i] += slope * top->let_out * top->bent;
            of_extra[2 * units + i] += slope;
            of_at[i] = slope * extra[units + i];
        }
        for (long l = layers - 1; l >= 0; l--) {
            const double *w = main + 2 * l * 4 * units;
            double *of_w = of_main + 2 * l * 4 * units, *of_hidden = &of_state[2 * l * units];
            for (long i = 0; i < units; i++) {
                of_hidden[i] += of_at[i];
                of_at[i] = unit_back(&kept[(t * layers + l) * units + i], of_w + i,
                                     of_w + 4 * units + i, w + i, units, of_hidden + i,
                                     of_hidden + units + i);
            }
        }
        for (long i = 0; i < units; i++)
            of_extra[i] += of_at[i] * character[i];
    }
}
}
