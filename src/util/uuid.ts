const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const nil = "00000000-0000-0000-0000-000000000000";

/** Whether a text is a UUID, in lower or upper case; the nil UUID does not count. */
export function isUuid(text: string): boolean {
  return pattern.test(text) && text !== nil;
}
