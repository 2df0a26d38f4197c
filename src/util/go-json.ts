/**
 * Adds the escapes of Go's encoding/json to JSON: characters that are special in HTML and JavaScript. They only occur in
 * strings.
 */
export function escapeAsGo(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
