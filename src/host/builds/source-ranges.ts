/** A range as BuildKit has it. */
interface WireRange {
  start?: { line: number; character: number };
  end?: { line: number; character: number };
}

/** BuildKit's ranges in the API's form; an end that is missing is the start. */
export function sourceRanges(ranges: readonly WireRange[]) {
  return ranges.map(({ start, end = start }) => ({
    startLine: start?.line ?? 0,
    startCharacter: start?.character ?? 0,
    endLine: end?.line ?? 0,
    endCharacter: end?.character ?? 0,
  }));
}
