import { InvalidArgumentError } from "commander";

/** Splits text into words as a shell does, with quotes and backslashes and nothing else; buildx reads flags of buildkitd so. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quote) {
      if (char === quote) quote = "";
      else if (char === "\\" && quote === '"' && /["\\]/.test(text[at + 1] ?? "")) word += text[++at]!;
      else word += char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (char === "\\" && at + 1 < text.length) word = (word ?? "") + text[++at]!;
    else if (!/\s/.test(char)) word = (word ?? "") + char;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (quote)
    throw new InvalidArgumentError(`${JSON.stringify(text)} has a quote ${quote} that is not closed.`);
  return word === undefined ? words : [...words, word];
}
