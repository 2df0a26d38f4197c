/** How a registry requests authentication in its `WWW-Authenticate` header. */
export type Challenge =
  | { scheme: "basic" }
  | { scheme: "bearer"; realm: string; service: string; scopes: string[] };

/** Reads the first challenge with a known scheme; undefined if there is none. */
export function readChallenge(header: string | undefined): Challenge | undefined {
  const [, scheme = "", rest = ""] = /\b(basic|bearer)\b\s*(.*)$/i.exec(header ?? "") ?? [];
  if (scheme.toLowerCase() === "basic") return { scheme: "basic" };
  if (scheme.toLowerCase() !== "bearer") return undefined;
  const parameters = new Map<string, string>();
  for (const [, name, quoted, plain] of rest.matchAll(
    /(?<![a-z_])([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi,
  )) {
    parameters.set(name!.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "");
  }
  const realm = parameters.get("realm");
  if (!realm) return undefined;
  const scopes = (parameters.get("scope") ?? "").split(" ").filter(Boolean);
  return { scheme: "bearer", realm, service: parameters.get("service") ?? "", scopes };
}
