/** Removes keys and tokens from the cache imports among the attributes, as buildx does. */
export function withoutCredentials(attributes: Record<string, string>): Record<string, string> {
  const { "cache-imports": imports, ...rest } = attributes;
  return imports === undefined ? attributes : { ...rest, "cache-imports": named(imports) };
}

/** Attributes that identify the cache. */
const identifying = ["ref", "scope"];

function named(imports: string): string {
  try {
    const list: { Type: string; Attrs?: Record<string, string> }[] = JSON.parse(imports);
    const open = list.map(({ Type, Attrs = {} }) => {
      return {
        Type,
        Attrs: Object.fromEntries(Object.entries(Attrs).filter(([key]) => identifying.includes(key))),
      };
    });
    return JSON.stringify(open);
  } catch {
    return "";
  }
}
