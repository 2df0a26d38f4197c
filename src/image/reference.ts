/** A parsed image reference, with Docker Hub's names made explicit. */
export interface ImageReference {
  /** `docker.io`, `localhost:5000`, … */
  domain: string;
  /** `library/alpine`, … */
  path: string;
  tag?: string;
  digest?: string;
}

const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const label = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const domainPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const pathPattern = new RegExp(`^${component}(?:/${component})*$`);

/** A tag, without the colon. */
export const tagPattern = /^\w[\w.-]{0,127}$/;
/** A digest such as `sha256:` and 64 hexadecimal digits. */
export const digestPattern = /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/;

/**
 * Parses an image reference as docker does: `alpine` is `docker.io/library/alpine`. Undefined when it is not in the
 * grammar (github.com/distribution/reference).
 */
export function parseReference(text: string): ImageReference | undefined {
  const [, withoutDigest, digest] = /^([^@]*)(?:@(.*))?$/s.exec(text)!;
  const slash = withoutDigest!.indexOf("/");
  const colon = withoutDigest!.indexOf(":", slash < 0 ? 0 : withoutDigest!.lastIndexOf("/"));
  const name = colon < 0 ? withoutDigest! : withoutDigest!.slice(0, colon);
  const tag = colon < 0 ? undefined : withoutDigest!.slice(colon + 1);

  const first = slash < 0 ? "" : name.slice(0, slash);
  const hasDomain = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  let domain = hasDomain ? first : "docker.io";
  let path = hasDomain ? name.slice(slash + 1) : name;
  if (domain === "index.docker.io") domain = "docker.io";
  // 64 hexadecimal digits are an image id.
  if (domain === "docker.io" && /^[a-f0-9]{64}$/.test(path)) return undefined;
  if (domain === "docker.io" && !path.includes("/")) path = `library/${path}`;

  const valid =
    domainPattern.test(domain) &&
    pathPattern.test(path) &&
    path.length <= 255 &&
    (tag === undefined || tagPattern.test(tag)) &&
    (digest === undefined || digestPattern.test(digest));
  return valid ? { domain, path, tag, digest } : undefined;
}

/** The complete form, as `docker.io/library/alpine:latest`. */
export function fullReference({ domain, path, tag, digest }: ImageReference): string {
  const named = tag ?? (digest === undefined ? "latest" : undefined);
  return `${domain}/${path}${named === undefined ? "" : `:${named}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** A name in the complete form. Ids, and texts that are no names, stay as they are. */
export function fullName(text: string): string {
  const reference = digestPattern.test(text) ? undefined : parseReference(text);
  return reference ? fullReference(reference) : text;
}

/** The short form: without `docker.io/library/`. */
export function familiarReference({ domain, path, tag, digest }: ImageReference): string {
  const short = domain === "docker.io" ? path.replace(/^library\/([^/]+)$/, "$1") : `${domain}/${path}`;
  return short + (tag === undefined ? "" : `:${tag}`) + (digest === undefined ? "" : `@${digest}`);
}
