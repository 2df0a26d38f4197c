/** The complete name of an image as in Docker: "app" is "docker.io/library/app:latest". */
export function fullName(name: string): string {
  const [first = "", ...rest] = name.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const path = isHost ? name : `docker.io/${rest.length > 0 ? name : `library/${name}`}`;
  return /:[^/]*$|@/.test(path.slice(path.indexOf("/"))) ? path : `${path}:latest`;
}

/** The registry of a complete name. */
export function registryOf(name: string): string {
  return name.split("/")[0]!;
}

/** The images that a Dockerfile uses in FROM, COPY --from and RUN --mount, as far as they can be read from the text. */
export function baseImages(dockerfile: string, buildArgs: Record<string, string>): string[] {
  const args = new Map<string, string>();
  const stages = new Set(["scratch"]);
  const found = new Set<string>();
  const expand = (text: string) =>
    text.replace(/\$\{?(\w+)(?::-([^}]*))?\}?/g, (_, name, other) => args.get(name) ?? other ?? "");
  for (const line of dockerfile.split("\n")) {
    const [, arg, value = ""] = /^\s*ARG\s+(\w+)(?:=["']?([^"'\s]*))?/i.exec(line) ?? [];
    if (arg) args.set(arg, buildArgs[arg] ?? value);
    const [, from, stage] = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line) ?? [];
    const [, copied] = /^\s*(?:COPY|RUN)\s.*(?:--|,)from=([^\s,]+)/i.exec(line) ?? [];
    for (const name of [from, copied]) {
      const image = name && expand(name);
      if (image && !stages.has(image) && !/^\d+$/.test(image)) found.add(image);
    }
    if (stage) stages.add(stage);
  }
  return [...found];
}
