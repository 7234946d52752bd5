/* The error function, the gamma family and sinc: forward functions that neither C's operators nor
 * JavaScript's Math have. Twins of those in special.py, and of Python's math where it has them. */
const SQRT_PI = 1.7724538509055159;

/* exp(−x²), the square split in two so that its rounding is not magnified. */
function bell(x) {
  const high = Math.fround(x);
  return exp(-high * high) * exp(-(x - high) * (x + high));
}

/* Source: DLMF 7.6.2, all terms of one sign. */
function erf(x) {
  if (fabs(x) >= 1) return copysign(1 - erfc(fabs(x)), x);
  let term = x;
  let total = x;
  for (let k = 1; k < 60 && term !== 0; k++) {
    term *= (2 * x * x) / (2 * k + 1);
    total += term;
  }
  return (2 / SQRT_PI) * bell(x) * total;
}

/* Source: DLMF 7.9.4, a continued fraction, from its end to its beginning. */
function erfc(x) {
  if (x < 0.5) return 1 - erf(x);
  if (Number.isNaN(x) || x > 28) return Number.isNaN(x) ? NaN : 0;
  let fraction = x;
  for (let k = ceil(20 + 400 / (x * x)); k > 0; k--) fraction = x + k / 2 / fraction;
  return bell(x) / SQRT_PI / fraction;
}

/* c, P and Q: ln Γ(1 + z) is z·(c + z·P(z)/Q(z)), ln Γ(2 + z) (1 + z) times that. */
const BESIDE_1 = [
  -0.5772156649015329,
  [
    -2.8744936838542233e-05, 0.0012279540868047392, 0.07913435417742323, 0.6201440245327001,
    1.7318478694513404, 2.0071553078603683, 0.8224670334241132,
  ],
  [
    0.026489933055332326, 0.35566932832086917, 1.6034093694243736, 3.20293412198113,
    2.927583531491253, 1.0,
  ],
];
const BESIDE_2 = [
  0.42278433509846713,
  [
    1.2367646500179897e-09, -8.284684273385309e-08, -9.708822536373465e-05,
    -0.0023809631622399166, -0.020579843849575227, -0.08066317153441277, -0.14657124759994133,
    -0.10031730167435392,
  ],
  [
    0.0002427743993337192, 0.007456460828137559, 0.08345800643369018, 0.4509540432108607,
    1.2687333522782187, 1.7896837855936423, 1.0,
  ],
];
const STIRLING = [1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12];

function horner(coefficients, x) {
  return coefficients.reduce((sum, c) => sum * x + c, 0);
}

function lgammaSlope([c, over, under], z) {
  return c + (z * horner(over, z)) / horner(under, z);
}

/* ln Γ(1 + w), −1/4 ≤ w ≤ 2. */
function lgammaOf1And(w) {
  if (w < 0.25) return w * lgammaSlope(BESIDE_1, w) + 0;
  return w * ((w - 1) * lgammaSlope(BESIDE_2, w - 1));
}

function lgammaFar(x) {
  const rest = horner(STIRLING, 1 / x / x) / x + 0.4189385332046727;
  return (x - 0.5) * (log(x) - 1) + rest;
}

function lgammaRight(x) {
  if (x < 0.75) return lgammaOf1And(x) - log(x);
  if (x >= 8) return lgammaFar(x);
  let product = 1;
  let near = x;
  while (near > 3) product *= near -= 1;
  const value = lgammaOf1And(near - 1);
  return product > 1 ? value + log(product) : value;
}

function lgamma(x) {
  const size = fabs(x);
  if (!Number.isFinite(x)) return size;
  if (x <= 0 && x === floor(x)) return Infinity;
  if (size < 1e-20) return -log(size);
  if (x > 0) return lgammaRight(x);
  return log(Math.PI / (size * fabs(sin_pi(size)))) - lgammaRight(size);
}

/* The order-th derivative exists up to 100: beyond, factorials leave the floats. */
function isOrder(order) {
  return Number.isInteger(order) && order >= 0 && order <= 100;
}

function factorial(n) {
  let product = 1;
  for (let k = 2; k <= n; k++) product *= k;
  return product;
}

const BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510];

/* The terms of (−1)ⁿ⁺¹ ψₙ(x) for large x. Source: DLMF 5.11.2, 5.15.8. */
function polygammaFar(n, x) {
  const terms = [n ? factorial(n - 1) / x ** n : -log(x), factorial(n) / (2 * x ** (n + 1))];
  for (let k = 1; k <= BERNOULLI.length; k++) {
    const scale = factorial(2 * k + n - 1) / factorial(2 * k);
    terms.push((BERNOULLI[k - 1] * scale) / x ** (2 * k + n));
  }
  return terms;
}

/* dⁿ/dxⁿ cot(πx), as a polynomial in c = cot(πx), whose derivative is −π(1 + c²). */
function cotDerivative(n, x) {
  const off = x - rint(x);
  const size = fabs(off);
  const beside = copysign(tan(Math.PI * (0.5 - size)), off);
  const c = size <= 0.25 ? 1 / tan(Math.PI * off) : beside;
  let polynomial = [0, 1];
  for (let i = 0; i < n; i++) {
    const slope = polynomial.map((a, k) => -Math.PI * k * a).slice(1);
    polynomial = [...slope, 0, 0].map((a, k) => a + (k >= 2 ? slope[k - 2] : 0));
  }
  return exactSum(polynomial.map((a, k) => (a ? a * c ** k : 0)));
}

function polygamma(order, x) {
  const pole = x <= 0 && x === floor(x);
  if (!isOrder(order) || Number.isNaN(x) || x === -Infinity || pole) return NaN;
  if (x === Infinity) return order ? 0 : Infinity;
  const sign = order % 2 ? 1 : -1;
  if (x < 0) return -sign * polygamma(order, 1 - x) - Math.PI * cotDerivative(order, x);
  const terms = [];
  let at = x;
  for (; at < 15 + order; at += 1) terms.push(factorial(order) / at ** (order + 1));
  return sign * exactSum([...terms, ...polygammaFar(order, at)]);
}

function sinc(x) {
  return sinc_derivative(0, x);
}

/* By t·fₙ + n·fₙ₋₁ = sin(t + nπ/2), t = πx, where that is stable; elsewhere by Taylor. */
function sinc_derivative(order, x) {
  if (!isOrder(order) || Number.isNaN(x)) return NaN;
  if (!Number.isFinite(x)) return 0;
  const t = Math.PI * x;
  if (fabs(t) < order + 1) return Math.PI ** order * sincTaylor(order, t);
  const sines = [sin_pi(x), cos_pi(x), -sin_pi(x), -cos_pi(x)];
  let value = sines[0] / t + 0;
  for (let k = 1; k <= order; k++) value = (sines[k % 4] - k * value) / t;
  return Math.PI ** order * value;
}

/* dⁿ/dtⁿ sin(t)/t = Σ (−1)ᵏ t²ᵏ⁻ⁿ (2k)!/((2k−n)! (2k+1)!), over 2k ≥ n. */
function sincTaylor(n, t) {
  let k = floor((n + 1) / 2);
  let term = ((-1) ** k * t ** (2 * k - n)) / factorial(2 * k - n) / (2 * k + 1);
  const terms = [term];
  while (fabs(term) > 1e-18 * fabs(terms[0])) {
    term *= (-t * t * (2 * k + 1)) / ((2 * k + 3) * (2 * k + 1 - n) * (2 * k + 2 - n));
    terms.push(term);
    k += 1;
  }
  return exactSum(terms);
}

/* sin(πx) and cos(πx), exact at whole and half numbers. */
function sin_pi(x) {
  const [quarter, r] = quarterTurn(x);
  return [sin(r), cos(r), -sin(r), -cos(r)][quarter];
}

function cos_pi(x) {
  const [quarter, r] = quarterTurn(x);
  return [cos(r), -sin(r), -cos(r), sin(r)][quarter];
}

function quarterTurn(x) {
  const turn = x % 2;
  const nearest = rint(2 * turn) + 0;
  return [((nearest % 4) + 4) % 4, Math.PI * (turn - 0.5 * nearest)];
}

/* The sum rounded once: near the zeros of digamma the terms all but cancel. Source: Shewchuk,
 * Adaptive Precision Floating-Point Arithmetic (1997). */
function exactSum(xs) {
  if (!xs.every(Number.isFinite)) return fold_sum(xs);
  let parts = [];
  for (let x of xs) {
    const kept = [];
    for (let y of parts) {
      if (fabs(x) < fabs(y)) [x, y] = [y, x];
      const high = x + y;
      const low = y - (high - x);
      if (low !== 0) kept.push(low);
      x = high;
    }
    parts = [...kept, x];
  }
  return fold_sum(parts);
}
