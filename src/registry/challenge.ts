/** What a registry wants to see, from its `WWW-Authenticate` header. */
export type Challenge =
  | { scheme: "basic" }
  | { scheme: "bearer"; realm: string; service: string; scopes: string[] };

/** Reads the header's first challenge that is known; undefined when there is none. */
export function readChallenge(header: string | undefined): Challenge | undefined {
  const [, scheme = "", rest = ""] = /\b(basic|bearer)\b\s*(.*)$/i.exec(header ?? "") ?? [];
  if (scheme.toLowerCase() === "basic") return { scheme: "basic" };
  if (scheme.toLowerCase() !== "bearer") return undefined;
  const parameters = new Map<string, string>();
  for (const [, name, quoted, plain] of rest.matchAll(
    /([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi,
  )) {
    parameters.set(name!.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "");
  }
  const realm = parameters.get("realm");
  if (!realm) return undefined;
  const scopes = (parameters.get("scope") ?? "").split(" ").filter(Boolean);
  return { scheme: "bearer", realm, service: parameters.get("service") ?? "", scopes };
}
