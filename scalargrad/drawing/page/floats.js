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

/* x to so many significant digits: Python's format(x, ".6g"). */
function general(x, digits) {
  if (!Number.isFinite(x) || x === 0) return repr(x);
  const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
  const e = Number(exponent);
  const plain = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (e >= -4 && e < digits) return plain(x.toFixed(digits - 1 - e));
  return `${plain(mantissa)}e${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
}

/* All digits where they are no more than `most` characters, else so many of them. */
function compact(x, most, digits) {
  const text = repr(x);
  return text.length <= most ? text : general(x, digits);
}

function brief(x) {
  return compact(x, 8, 6);
}

/* What Python's float() makes of a text; null if it raises. */
function parseFloat64(text) {
  const plain = text.trim().toLowerCase().replace("−", "-");
  const word = /^([+-]?)(inf|infinity|nan)$/.exec(plain);
  if (word) return word[2] === "nan" ? NaN : Number(`${word[1]}Infinity`);
  const digits = "\\d+(?:_\\d+)*";
  const number = new RegExp(
    `^[+-]?(?:${digits}\\.?(?:${digits})?|\\.${digits})(?:e[+-]?${digits})?$`,
  );
  return number.test(plain) ? Number(plain.replaceAll("_", "")) : null;
}

/* The same for one who answers a question: "−3/4", "2·3" and "1/3" are numbers as well. */
function parseAnswer(text) {
  const parts = text.split(/([/*×·])/);
  let value = parseFloat64(parts[0]);
  for (let i = 1; i < parts.length && value !== null; i += 2) {
    const factor = parseFloat64(parts[i + 1]);
    if (factor === null) return null;
    value = parts[i] === "/" ? value / factor : value * factor;
  }
  return value;
}

function close(x, y, relative, absolute = 0) {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) && Number.isNaN(y);
  const size = Math.max(Math.abs(x), Math.abs(y));
  return x === y || Math.abs(x - y) <= Math.max(absolute, relative * size);
}

/* Equal but for rounding, as sums of the same numbers in another order are. */
function same(x, y) {
  return close(x, y, 1e-9, 1e-300);
}
