/** A boolean attribute of BuildKit's: Go's ParseBool, with the empty string as true. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && ["", "1", "t", "T", "true", "TRUE", "True"].includes(value);
}

/** A boolean attribute that is there and not true. */
export function isFalse(value: string | undefined): boolean {
  return value !== undefined && !isTrue(value);
}
