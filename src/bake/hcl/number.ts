/** Bits of the fractions that HCL holds. */
const fractionBits = 512;

/** A number of HCL: an exact fraction. Immutable. */
export class HclNumber {
  private constructor(
    readonly numerator: bigint,
    /** Positive. */
    readonly denominator: bigint,
  ) {}

  static of(numerator: bigint, denominator = 1n): HclNumber {
    if (denominator < 0n) return HclNumber.of(-numerator, -denominator);
    const divisor = gcd(numerator < 0n ? -numerator : numerator, denominator);
    return new HclNumber(numerator / divisor, denominator / divisor);
  }

  static from(value: number): HclNumber {
    return HclNumber.parse(String(value))!;
  }

  /** Reads a decimal number; undefined for anything else. */
  static parse(text: string): HclNumber | undefined {
    const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
    if (!match || !(match[2] || match[3])) return undefined;
    const [, sign, whole = "", fraction = "", exponent = "0"] = match;
    const shift = Number(exponent) - fraction.length;
    const digits = BigInt(`${whole}${fraction}` || "0") * (sign === "-" ? -1n : 1n);
    return shift >= 0
      ? HclNumber.of(digits * 10n ** BigInt(shift))
      : HclNumber.of(digits, 10n ** BigInt(-shift));
  }

  get isInteger(): boolean {
    return this.denominator === 1n;
  }

  add(other: HclNumber): HclNumber {
    return HclNumber.of(
      this.numerator * other.denominator + other.numerator * this.denominator,
      this.denominator * other.denominator,
    );
  }

  subtract(other: HclNumber): HclNumber {
    return this.add(other.negate());
  }

  multiply(other: HclNumber): HclNumber {
    return HclNumber.of(this.numerator * other.numerator, this.denominator * other.denominator);
  }

  /** Throws for a divisor of zero. */
  divide(other: HclNumber): HclNumber {
    if (other.numerator === 0n) throw new Error("division by zero");
    return HclNumber.of(this.numerator * other.denominator, this.denominator * other.numerator);
  }

  /** The remainder, with the sign of this number. */
  modulo(other: HclNumber): HclNumber {
    const quotient = this.divide(other);
    return this.subtract(other.multiply(HclNumber.of(quotient.numerator / quotient.denominator)));
  }

  negate(): HclNumber {
    return HclNumber.of(-this.numerator, this.denominator);
  }

  floor(): HclNumber {
    const { numerator, denominator } = this;
    const isBelow = numerator < 0n && numerator % denominator !== 0n;
    return HclNumber.of(numerator / denominator - (isBelow ? 1n : 0n));
  }

  ceil(): HclNumber {
    return this.negate().floor().negate();
  }

  /** Negative, zero or positive. */
  compare(other: HclNumber): number {
    const difference = this.numerator * other.denominator - other.numerator * this.denominator;
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  toNumber(): number {
    return Number(this.toString());
  }

  /** Decimal, without an exponent: exact where it ends, else the shortest text that HCL's 512 bits tell apart. */
  toString(): string {
    const { numerator, denominator } = this;
    if (denominator === 1n) return String(numerator);
    const sign = numerator < 0n ? "-" : "";
    const size = numerator < 0n ? -numerator : numerator;
    return sign + shortest(size, denominator);
  }
}

/** The shortest decimal within half of the last of 512 bits. */
function shortest(numerator: bigint, denominator: bigint): string {
  const bits = numerator.toString(2).length - denominator.toString(2).length;
  const shift = BigInt(fractionBits - bits);
  let mantissa = divideRounded(numerator << shift, denominator);
  let power = shift;
  if (mantissa.toString(2).length > fractionBits) {
    mantissa = divideRounded(numerator << (shift - 1n), denominator);
    power = shift - 1n;
  }
  const one = 1n << power;
  for (let digits = 1; ; digits++) {
    const scale = 10n ** BigInt(digits);
    const decimal = divideRounded(mantissa * scale, one);
    const difference = decimal * one - mantissa * scale;
    // Half of the last bit, on the scale of the difference.
    if ((difference < 0n ? -difference : difference) * 2n > scale) continue;
    const text = String(decimal).padStart(digits + 1, "0");
    return `${text.slice(0, -digits)}.${text.slice(-digits)}`.replace(/\.?0+$/, "");
  }
}

/** Rounds half to even. */
function divideRounded(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const rest = (numerator % denominator) * 2n;
  return rest > denominator || (rest === denominator && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? 1n : a;
}
