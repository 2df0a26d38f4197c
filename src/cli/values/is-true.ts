/** Whether Go's `strconv.ParseBool` reads a text as true. */
export function isTrue(text = ""): boolean {
  return /^(1|t|T|true|TRUE|True)$/.test(text);
}
