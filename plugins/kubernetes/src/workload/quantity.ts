const factors: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
};

/** Reads a Kubernetes quantity as a number, for comparisons. */
export function quantity(text: string): number {
  const [, number = "", unit = ""] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text) ?? [];
  const binary = /^([KMGTPE])i$/.exec(unit)?.[1];
  if (binary) return Number(number) * 1024 ** ("KMGTPE".indexOf(binary) + 1);
  return Number(number) * (factors[unit] ?? 1);
}
