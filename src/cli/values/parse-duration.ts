import { InvalidArgumentError } from "commander";

const MILLISECONDS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A duration as Go's `time.ParseDuration` takes it (`1h30m`, `1.5s`, `300ms`, `0`), in milliseconds. */
export function parseDuration(text: string): number {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text);
  if (match === null)
    throw new InvalidArgumentError(
      `${JSON.stringify(text)} is not a duration; use a form such as 90s or 1h30m.`,
    );
  const parts = match[2]!.matchAll(/([\d.]+)(\D+)/g);
  const total = Array.from(parts, ([, number, unit]) => Number(number) * MILLISECONDS[unit!]!).reduce(
    (sum, part) => sum + part,
    0,
  );
  return match[1] === "-" && total !== 0 ? -total : total;
}
