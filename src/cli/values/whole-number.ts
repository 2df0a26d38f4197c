import { InvalidArgumentError } from "commander";

/** A parser of whole numbers between two limits, which are valid themselves. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new InvalidArgumentError(`${JSON.stringify(text)} is not a whole number from ${min} to ${max}.`);
  };
}
