/** Imports of caches may come with keys and tokens, which are for nobody to read; buildx leaves them out, too. */
export function withoutCredentials(attributes: Record<string, string>): Record<string, string> {
  const { "cache-imports": imports, ...rest } = attributes;
  return imports === undefined ? attributes : { ...rest, "cache-imports": named(imports) };
}

/** What says which cache it was. */
const kept = ["ref", "scope"];

function named(imports: string): string {
  try {
    const list: { Type: string; Attrs?: Record<string, string> }[] = JSON.parse(imports);
    const open = list.map(({ Type, Attrs = {} }) => {
      return { Type, Attrs: Object.fromEntries(Object.entries(Attrs).filter(([key]) => kept.includes(key))) };
    });
    return JSON.stringify(open);
  } catch {
    return "";
  }
}
