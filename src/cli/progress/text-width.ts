import stringWidth from "string-width";

const segmenter = new Intl.Segmenter();

/** Columns that a text takes on a terminal. */
export { stringWidth as textWidth };

/** The beginning of a text that fits into so many columns. */
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
