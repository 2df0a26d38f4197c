/** Reads what Go's strconv.ParseBool reads; undefined for anything else. */
export function readGoBool(text: string): boolean | undefined {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
  return undefined;
}

const milliseconds: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Reads what Go's time.ParseDuration reads ("1h30m", "1.5s", "0"), in milliseconds; undefined for anything else. */
export function readGoDuration(text: string): number | undefined {
  const [, sign, parts] =
    /^([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text) ?? [];
  if (parts === undefined) return undefined;
  let total = 0;
  for (const [, amount, unit] of parts.matchAll(/([\d.]+)([^\d.]+)/g))
    total += Number(amount) * milliseconds[unit!]!;
  return sign === "-" && total !== 0 ? -total : total;
}
