/** Whether a text can be the name of a driver: lower case letters and digits, in words separated by dashes. */
export function isDriverName(text: string): boolean {
  return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text);
}
