/* Numbers as Python writes and reads them. */

/* The shortest text that reads back as x: what Python's repr gives. */
function repr(x) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (x === 0) return Object.is(x, -0) ? "-0.0" : "0.0";
  const [mantissa, exponent] = x.toExponential().split("e");
  const e = Number(exponent);
  if (e < -4 || e >= 16) {
    return `${mantissa}e${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
  }
  const text = String(x);
  return text.includes(".") ? text : `${text}.0`;
}

const DIGITS = 4;
const MOST_WHOLE = 1e6;

/* x as it is read: four significant digits, whole numbers whole. The twin of `brief` in Python. */
function brief(x) {
  return plain(x).replaceAll("-", "−");
}

function plain(x) {
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "-∞";
  if (Object.is(x, -0)) return "-0";
  if (Number.isInteger(x) && Math.abs(x) < MOST_WHOLE) return String(x);
  const [mantissa, e] = toSignificant(x, DIGITS);
  const short = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (e >= -4 && e < DIGITS) return short(Number(`${mantissa}e${e}`).toFixed(DIGITS - 1 - e));
  return `${short(mantissa)}e${e}`;
}

/* Mantissa and exponent of x rounded to so many digits; a tie goes to the even digit, as in
 * Python: toExponential would round it up. */
function toSignificant(x, digits) {
  const [exact, power] = x.toExponential(digits + 50).split("e");
  const kept = exact.slice(0, exact.indexOf(".") + digits);
  const tie = /^50*$/.test(exact.slice(kept.length)) && Number(kept.at(-1)) % 2 === 0;
  const [mantissa, e] = tie ? [kept, power] : x.toExponential(digits - 1).split("e");
  return [mantissa, Number(e)];
}

/* The number that a repr of Python's stands for. */
function fromRepr(text) {
  return Number(text.replace("inf", "Infinity"));
}

/* Whether x is near y. An infinity is near nothing but itself. */
function close(x, y, relative, absolute = 0) {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) && Number.isNaN(y);
  if (!Number.isFinite(x) || !Number.isFinite(y)) return x === y;
  const size = Math.max(Math.abs(x), Math.abs(y));
  return x === y || Math.abs(x - y) <= Math.max(absolute, relative * size);
}

/* Equal but for rounding, as sums of the same numbers in another order are. */
function same(x, y) {
  return close(x, y, 1e-9, 1e-300);
}
