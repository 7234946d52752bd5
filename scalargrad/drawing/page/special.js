/* Functions on numbers that JavaScript lacks or rounds otherwise than Python: the twins of those
 * in ieee.py and folds.py, under the names that the operator table uses in C. */
const NAN = NaN;
const INFINITY = Infinity;
const {
  abs: fabs,
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  ceil,
  cos,
  cosh,
  exp,
  expm1,
  floor,
  log,
  log10,
  log1p,
  log2,
  sin,
  sinh,
  sqrt,
  tan,
  tanh,
  trunc,
} = Math;

function isNegative(x) {
  return x < 0 || Object.is(x, -0);
}

function copysign(size, sign) {
  if (Number.isNaN(sign)) return NaN;
  return isNegative(sign) ? -fabs(size) : fabs(size);
}

/* Whether a gradient does not flow: it is −0.0 then, which no computed one is. */
function isNothing(x) {
  return Object.is(x, -0);
}

function sg_chain(upstream, partial) {
  return isNothing(upstream) ? upstream : upstream * partial + 0;
}

function sg_choose(upstream, partial) {
  return isNothing(partial) ? partial : sg_chain(upstream, partial);
}

function sg_power(x, y) {
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  // C has 1 for a base of size 1 here, JavaScript NaN
  return fabs(x) === 1 && fabs(y) === Infinity ? 1 : x ** y;
}

function sg_hypot(x, y) {
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  return Math.hypot(x, y);
}

function sg_exp_difference(x, y) {
  if (x === y && x > -Infinity) return 1;
  if (x === -Infinity && !Number.isNaN(y)) return 0;
  const difference = x - y;
  const out = exp(difference);
  if (!(out > 0 && out < Infinity)) return out;
  const back = x - difference;
  return out + out * (x - (difference + back) + (back - y));
}

function sg_exp_square(x, factor) {
  const size = Math.min(fabs(x), 40);
  const near = size * size;
  const shifted = 134217729 * size;
  const head = shifted - (shifted - size);
  const tail = size - head;
  const rest = head * head - near + 2 * (head * tail) + tail * tail;
  const out = exp(-factor * near);
  return out - out * (factor * rest);
}

function sg_cbrt(x) {
  if (x === 0 || !Number.isFinite(x)) return x;
  const size = fabs(x);
  const root = size ** (1 / 3);
  return copysign(root - (root - size / (root * root)) / 3, x);
}

function fmod(x, y) {
  return x % y;
}

/* The rest of x after the nearest whole number of y, of two the even one. */
function remainder(x, y) {
  const size = fabs(y);
  const above = fabs(x) % size;
  const below = size - above;
  const tie = above - 2 * ((0.5 * (fabs(x) - above)) % size);
  const rest = above < below ? above : above > below ? -below : tie;
  return isNegative(x) ? -rest : rest;
}

/* Python's %: the remainder has the sign of the divisor. */
function sg_modulo(x, y) {
  const remainder = x % y;
  if (remainder === 0) return copysign(0, y);
  return y < 0 !== remainder < 0 ? remainder + y : remainder;
}

/* Python's //, which is consistent with its %. */
function sg_floor_divide(x, y) {
  if (y === 0) return x / y;
  const remainder = x % y;
  let quotient = (x - remainder) / y;
  if (remainder !== 0 && y < 0 !== remainder < 0) quotient -= 1;
  if (quotient === 0) return copysign(0, x / y);
  const whole = floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

/* The nearest whole number, of two the even one. */
function rint(x) {
  const unit = 2 ** 52;
  return fabs(x) < unit ? copysign(fabs(x) + unit - unit, x) : x;
}

/* x rounded to so many decimal digits, exactly: a half goes to the even neighbour. */
function round_to(x, digits) {
  if (Number.isNaN(digits)) return NaN;
  if (!Number.isFinite(x)) return x;
  const places = Math.trunc(Math.max(-400, Math.min(digits, 1100)));
  const [mantissa, exponent] = binary(fabs(x));
  let over = mantissa * 10n ** BigInt(Math.max(places, 0));
  let under = 10n ** BigInt(Math.max(-places, 0));
  if (exponent > 0) over <<= BigInt(exponent);
  else under <<= BigInt(-exponent);
  const twice = 2n * (over % under);
  const odd = (over / under) % 2n === 1n;
  const up = twice > under || (twice === under && odd);
  return copysign(Number(`${over / under + (up ? 1n : 0n)}e${-places}`), x);
}

/* x ≥ 0 as a whole mantissa times a power of two. */
function binary(x) {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  const word = bits.getBigUint64(0);
  const biased = Number(word >> 52n);
  const fraction = word & ((1n << 52n) - 1n);
  return biased ? [fraction | (1n << 52n), biased - 1075] : [fraction, -1074];
}

function fold_sum(xs) {
  let total = 0;
  for (const x of xs) total += x;
  return total;
}

function fold_mean(xs) {
  return fold_sum(xs) / xs.length;
}

function fold_max(xs) {
  return xs.reduce((best, x) => (best >= x || Number.isNaN(best) ? best : x));
}

function fold_min(xs) {
  return xs.reduce((best, x) => (best <= x || Number.isNaN(best) ? best : x));
}

function fold_dot(xs) {
  const n = xs.length >> 1;
  let total = xs.length % 2 ? xs[2 * n] : 0;
  for (let i = 0; i < n; i++) total += xs[i] * xs[n + i];
  return total;
}

/* The largest itself is the 1 of log1p: the others count however small they are beside it. */
function fold_logsumexp(xs) {
  const largest = fold_max(xs);
  if (!Number.isFinite(largest)) return largest;
  const others = xs.filter((_, i) => i !== xs.indexOf(largest));
  return largest + log1p(fold_sum(others.map((x) => exp(x - largest))));
}
