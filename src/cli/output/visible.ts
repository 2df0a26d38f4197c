/*
 * Texts from outside (names, errors, output of steps) may contain characters that move the cursor, change the title of
 * the terminal, hide text or reverse its direction. They are shown as JSON escapes, `\u001b`, so that JSON stays valid.
 */

/** A text in one line: a name, a cell of a table. Shows every control and invisible character as its escape. */
export function visibleLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** A text of several lines. Keeps line ends and tabs. */
export function visibleText(text: string): string {
  return text.replace(/(?!\n|\t|\r\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** The output of a program, or text with our own colours. Also keeps colours, and carriage returns of progress bars. */
export function visibleOutput(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of terminals
    /(\x1b\[[\d;:]*m)|(?![\n\t\r])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (found, color?: string) => color ?? escaped(found),
  );
}

/** The text without the beginning of a colour at its end, of which the rest has yet to come. */
export function withoutOpenColor(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
  return text.replace(/\x1b(?:\[[\d;:]*)?$/, "");
}

const short: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escaped(character: string): string {
  const units = character.split("").map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0"));
  return short[character] ?? units.map((unit) => `\\u${unit}`).join("");
}
