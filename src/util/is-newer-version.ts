/** Whether a version comes after another one by SemVer's order. A text that is no version comes after none. */
export function isNewerVersion(version: string, other: string): boolean {
  const [a, b] = [parse(version), parse(other)];
  if (!a || !b) return false;
  for (const [at, number] of a.numbers.entries())
    if (number !== b.numbers[at]) return number > b.numbers[at]!;
  // Of pre-releases only one that is over counts: those of one version may come in any order.
  return !a.pre && b.pre;
}

function parse(version: string): { numbers: number[]; pre: boolean } | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)(-[\w.-]+)?(\+[\w.-]+)?$/.exec(version);
  return match ? { numbers: match.slice(1, 4).map(Number), pre: match[4] !== undefined } : undefined;
}
