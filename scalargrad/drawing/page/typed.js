/* Numbers that a reader types: -4, 0.25, 1e-3, pi/4, 2*3, -(1 + 2)/3; and what is wrong with
 * those that cannot be read, in words. */

const CONSTANTS = { pi: Math.PI, π: Math.PI, e: Math.E, inf: Infinity, infinity: Infinity, nan: NaN };
const TOKEN = /\s*(?:(\d[\d_]*\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|(\*\*|[-+*/^()])|([a-zπ∞]+)|(\S))/giy;
const SIGNS = { "−": "-", "–": "-", "×": "*", "·": "*", "÷": "/", ":": "/", "²": "**2", "∞": "inf" };
const EXAMPLES = "type a number such as −4, 0.25, 1e-3, pi/4 or 2*3";
const LARGEST = "1.8e308";

/* { value } or { problem } of a text. */
function readTyped(text) {
  const plain = text.trim().replace(/[−–×·÷:²∞]/g, (sign) => SIGNS[sign]);
  if (!plain) return { problem: `Nothing is typed: ${EXAMPLES}.` };
  if (/^[+-]?\d+,\d+$/.test(plain)) {
    return { problem: `“${text.trim()}” has a comma: write ${plain.replace(",", ".")}.` };
  }
  try {
    return { value: new Typed(plain).number() };
  } catch (error) {
    return { problem: error.message };
  }
}

/* inf and nan are numbers to who types them, not what a sum may come to. */
function isEndless(token) {
  const name = token.toLowerCase();
  return Object.hasOwn(CONSTANTS, name) && !Number.isFinite(CONSTANTS[name]);
}

/* A reader of sums and products, in Python's order. */
class Typed {
  constructor(text) {
    this.tokens = [...text.matchAll(TOKEN)].map((found) => found[0].trim());
    this.text = text;
    this.place = 0;
  }

  fail() {
    throw new Error(`“${this.text}” is no number: ${EXAMPLES}.`);
  }

  next() {
    return this.tokens[this.place];
  }

  takes(...wanted) {
    if (!wanted.includes(this.next())) return null;
    this.place += 1;
    return this.tokens[this.place - 1];
  }

  number() {
    const x = this.sum();
    if (this.place < this.tokens.length) this.fail();
    if (!Number.isFinite(x) && !this.tokens.some(isEndless)) {
      const why = Number.isNaN(x) ? "is no real number" : `is too large: the largest is about ${LARGEST}`;
      throw new Error(`“${this.text}” ${why}.`);
    }
    return x;
  }

  sum() {
    let x = this.product();
    for (let sign; (sign = this.takes("+", "-")); ) {
      const y = this.product();
      x = sign === "+" ? x + y : x - y;
    }
    return x;
  }

  product() {
    let x = this.signed();
    for (let sign; (sign = this.takes("*", "/")); ) {
      const y = this.signed();
      if (sign === "/" && y === 0) throw new Error(`“${this.text}” divides by 0.`);
      x = sign === "*" ? x * y : x / y;
    }
    return x;
  }

  signed() {
    if (this.takes("-")) return -this.signed();
    if (this.takes("+")) return this.signed();
    const x = this.atom();
    return this.takes("**", "^") ? x ** this.signed() : x;
  }

  atom() {
    if (this.takes("(")) {
      const x = this.sum();
      if (!this.takes(")")) throw new Error(`“${this.text}” lacks a bracket “)”.`);
      return x;
    }
    const token = this.next() ?? this.fail();
    this.place += 1;
    const name = token.toLowerCase();
    if (Object.hasOwn(CONSTANTS, name)) return CONSTANTS[name];
    const x = /^[\d.]/.test(token) ? Number(token.replaceAll("_", "")) : this.fail();
    if (Number.isNaN(x)) this.fail();
    if (x === Infinity) throw new Error(`${token} is too large: the largest is about ${LARGEST}.`);
    return x;
  }
}
