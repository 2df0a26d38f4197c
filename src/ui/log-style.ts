/** How a terminal shows text: attributes and colours as bits, since a log can change it millions of times. */
export type LogStyle = number;

/** A part of a line with one style. */
export interface LogSpan {
  text: string;
  /** Classes of style.css, such as "bold fg2"; empty for plain text. */
  style: string;
}

/** The style of plain text. */
export const plainStyle: LogStyle = 0;

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of terminals
const color = /\x1b\[([\d;:]*)m/g;

/** The parts of a line, of which `before` is the style at its begin. Sequences without text between them have no part. */
export function spansOf(line: string, before: LogStyle): LogSpan[] {
  const spans: LogSpan[] = [];
  let style = before;
  let from = 0;
  const add = (to: number) => {
    if (to > from) spans.push({ text: line.slice(from, to), style: classesOf(style) });
  };
  for (const match of line.matchAll(color)) {
    add(match.index);
    style = nextStyle(style, match[1]!);
    from = match.index + match[0].length;
  }
  add(line.length);
  return spans;
}

/** The style after a line. */
export function styleAfter(line: string, before: LogStyle): LogStyle {
  let style = before;
  for (const [, codes] of line.matchAll(color)) style = nextStyle(style, codes!);
  return style;
}

/** A line without colours, as one searches in it. */
export function plainText(line: string): string {
  return line.includes("\x1b") ? line.replace(color, "") : line;
}

const attributes = ["bold", "dim", "italic", "underline", "inverse"];
const [bold, dim, italic, underline, inverse] = [1, 2, 4, 8, 16];
/** The bits that a code sets, and those that a code clears. */
const sets: Record<number, number> = { 1: bold!, 2: dim!, 3: italic!, 4: underline!, 7: inverse! };
const clears: Record<number, number> = { 22: bold! | dim!, 23: italic!, 24: underline!, 27: inverse! };
/** Where the colours of text and background are: 0 is none, and 1 to 8 are the eight colours. */
const shifts = { fg: 8, bg: 12 };

function classesOf(style: LogStyle): string {
  const names = attributes.filter((_, bit) => style & (1 << bit));
  for (const [kind, shift] of Object.entries(shifts)) {
    const value = (style >> shift) & 15;
    if (value > 0) names.push(`${kind}${value - 1}`);
  }
  return names.join(" ");
}

function nextStyle(before: LogStyle, text: string): LogStyle {
  const codes = text.split(/[;:]/).map(Number);
  let style = before;
  const replace = (shift: number, value: number | undefined) => {
    style = (style & ~(15 << shift)) | ((value === undefined ? 0 : value + 1) << shift);
  };
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]!;
    const shift = (code >= 40 && code < 50) || code >= 100 ? shifts.bg : shifts.fg;
    if (code === 0) style = plainStyle;
    else if (sets[code]) style |= sets[code];
    else if (clears[code]) style &= ~clears[code];
    else if (code === 38 || code === 48) {
      const [value, used] = extended(codes.slice(at + 1, at + 5));
      replace(shift, value);
      at += used;
    } else if (code === 39 || code === 49) replace(shift, undefined);
    else if ([3, 4, 9, 10].includes(Math.floor(code / 10)) && code % 10 < 8) replace(shift, code % 10);
  }
  return style;
}

/** The colour of "5;n" or "2;r;g;b", and the number of codes it takes. Others become the nearest of the eight. */
function extended([mode, ...rest]: number[]): [color: number | undefined, used: number] {
  if (mode === 2) return [nearest(rest[0] ?? 0, rest[1] ?? 0, rest[2] ?? 0), 4];
  if (mode !== 5) return [undefined, 1];
  const index = rest[0] ?? 0;
  if (index < 16) return [index % 8, 2];
  if (index >= 232) return [undefined, 2];
  const cube = index - 16;
  return [nearest(Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51), 2];
}

/** Undefined for a grey, which is shown in the colour of text. */
function nearest(red: number, green: number, blue: number): number | undefined {
  const most = Math.max(red, green, blue);
  if (most - Math.min(red, green, blue) < 48) return undefined;
  const bit = (value: number, mask: number) => (value > most * 0.6 ? mask : 0);
  return bit(red, 1) | bit(green, 2) | bit(blue, 4);
}
