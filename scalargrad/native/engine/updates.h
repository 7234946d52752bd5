/* Generated from the table of update rules by python -m scalargrad.codegen. Do not edit.
 *
 * update_NAME: from the numbers of one parameter to the new ones, the new states after them. */

enum {
    MOST_STATES = 2,
    MOST_SETTINGS = 7,
};

INLINE void update_momentum(double data, double grad, const double *state,
    const double *setting, double *out)
{
    const double velocity = state[0];
    const double lr = setting[0];
    const double momentum = setting[1];
    const double weight_decay = setting[2];
    const double t0 = momentum * velocity;
    const double t1 = weight_decay * data;
    const double t2 = grad + t1;
    const double t3 = t0 + t2;
    const double t4 = lr * t3;
    const double t5 = data - t4;
    out[0] = t5;
    out[1] = t3;
}

INLINE void update_nesterov(double data, double grad, const double *state,
    const double *setting, double *out)
{
    const double velocity = state[0];
    const double lr = setting[0];
    const double momentum = setting[1];
    const double weight_decay = setting[2];
    const double t0 = weight_decay * data;
    const double t1 = grad + t0;
    const double t2 = momentum * velocity;
    const double t3 = t2 + t1;
    const double t4 = momentum * t3;
    const double t5 = t1 + t4;
    const double t6 = lr * t5;
    const double t7 = data - t6;
    out[0] = t7;
    out[1] = t3;
}

INLINE void update_look_ahead(double data, double grad, const double *state,
    const double *setting, double *out)
{
    const double velocity = state[0];
    const double lr = setting[0];
    const double momentum = setting[1];
    const double weight_decay = setting[2];
    const double t0 = momentum * velocity;
    const double t1 = data + t0;
    const double t2 = weight_decay * t1;
    const double t3 = grad + t2;
    const double t4 = lr * t3;
    const double t5 = t0 - t4;
    const double t6 = data + t5;
    out[0] = t6;
    out[1] = t5;
}

INLINE void update_adagrad(double data, double grad, const double *state,
    const double *setting, double *out)
{
    const double squares = state[0];
    const double lr = setting[0];
    const double eps = setting[1];
    const double weight_decay = setting[2];
    const double t0 = weight_decay * data;
    const double t1 = grad + t0;
    const double t2 = t1 * t1;
    const double t3 = squares + t2;
    const double t4 = lr * t1;
    const double t5 = sqrt(t3);
    const double t6 = t5 + eps;
    const double t7 = t4 / t6;
    const double t8 = data - t7;
    out[0] = t8;
    out[1] = t3;
}

INLINE void update_rmsprop(double data, double grad, const double *state,
    const double *setting, double *out)
{
    const double squares = state[0];
    const double velocity = state[1];
    const double lr = setting[0];
    const double decay = setting[1];
    const double eps = setting[2];
    const double momentum = setting[3];
    const double weight_decay = setting[4];
    const double t0 = weight_decay * data;
    const double t1 = grad + t0;
    const double t2 = decay * squares;
    const double t3 = 1.0 - decay;
    const double t4 = t1 * t1;
    const double t5 = t3 * t4;
    const double t6 = t2 + t5;
    const double t7 = momentum * velocity;
    const double t8 = sqrt(t6);
    const double t9 = t8 + eps;
    const double t10 = t1 / t9;
    const double t11 = t7 + t10;
    const double t12 = lr * t11;
    const double t13 = data - t12;
    out[0] = t13;
    out[1] = t6;
    out[2] = t11;
}

INLINE void update_adam(double data, double grad, const double *state,
    const double *setting, double *out)
{
    const double mean = state[0];
    const double squares = state[1];
    const double lr = setting[0];
    const double beta1 = setting[1];
    const double beta2 = setting[2];
    const double eps = setting[3];
    const double weight_decay = setting[4];
    const double shrink = setting[5];
    const double root = setting[6];
    const double t0 = weight_decay * data;
    const double t1 = grad + t0;
    const double t2 = 1.0 - beta1;
    const double t3 = t1 - mean;
    const double t4 = t2 * t3;
    const double t5 = mean + t4;
    const double t6 = beta2 * squares;
    const double t7 = 1.0 - beta2;
    const double t8 = t1 * t1;
    const double t9 = t7 * t8;
    const double t10 = t6 + t9;
    const double t11 = data * shrink;
    const double t12 = lr * t5;
    const double t13 = sqrt(t10);
    const double t14 = t13 / root;
    const double t15 = t14 + eps;
    const double t16 = t12 / t15;
    const double t17 = t11 - t16;
    out[0] = t17;
    out[1] = t5;
    out[2] = t10;
}

INLINE void update_clear_grad(double data, double grad, const double *state,
    const double *setting, double *out)
{
    (void)data;
    (void)grad;
    (void)state;
    (void)setting;
    out[0] = (-0.0);
}

INLINE void update_scale_grad(double data, double grad, const double *state,
    const double *setting, double *out)
{
    (void)data;
    (void)state;
    const double norm = setting[0];
    const double limit = setting[1];
    const double t0 = grad / norm;
    const double t1 = t0 * limit;
    const double t2 = t1 + 0.0;
    out[0] = t2;
}

INLINE void update_clip_grad(double data, double grad, const double *state,
    const double *setting, double *out)
{
    (void)data;
    (void)state;
    const double limit = setting[0];
    const double t0 = -limit;
    const double t1 = (grad >= t0 || grad != grad ? grad : t0);
    const double t2 = (t1 <= limit || t1 != t1 ? t1 : limit);
    out[0] = t2;
}

/* ROW(name, states, settings, whether it writes data, signature) */
#define UPDATE_RULES(ROW) \
    ROW(momentum, 1, 3, 1, \
        "momentum(data, grad, velocity, lr, momentum, weight_decay)" \
        " -> data, velocity") \
    ROW(nesterov, 1, 3, 1, \
        "nesterov(data, grad, velocity, lr, momentum, weight_decay)" \
        " -> data, velocity") \
    ROW(look_ahead, 1, 3, 1, \
        "look_ahead(data, grad, velocity, lr, momentum, weight_decay)" \
        " -> data, velocity") \
    ROW(adagrad, 1, 3, 1, \
        "adagrad(data, grad, squares, lr, eps, weight_decay)" \
        " -> data, squares") \
    ROW(rmsprop, 2, 5, 1, \
        "rmsprop(data, grad, squares, velocity, lr, decay, eps, momentum, weight_decay)" \
        " -> data, squares, velocity") \
    ROW(adam, 2, 7, 1, \
        "adam(data, grad, mean, squares, lr, beta1, beta2, eps, weight_decay, shrink, root)" \
        " -> data, mean, squares") \
    ROW(clear_grad, 0, 0, 0, \
        "clear_grad(data, grad)" \
        " -> grad") \
    ROW(scale_grad, 0, 2, 0, \
        "scale_grad(data, grad, norm, limit)" \
        " -> grad") \
    ROW(clip_grad, 0, 1, 0, \
        "clip_grad(data, grad, limit)" \
        " -> grad")
