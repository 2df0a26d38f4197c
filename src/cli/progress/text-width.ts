import stringWidth from "string-width";

const segmenter = new Intl.Segmenter();

/** Width of a text in columns of a terminal. */
export { stringWidth as textWidth };

/** Truncates a text to a number of columns. */
export function truncateText(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let result = "";
  let width = 0;
  for (const { segment } of segmenter.segment(text)) {
    width += stringWidth(segment);
    if (width > columns) break;
    result += segment;
  }
  return result;
}
