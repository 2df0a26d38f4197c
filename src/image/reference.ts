/** An image reference taken apart, with Docker Hub's names made explicit. */
export interface ImageReference {
  /** `docker.io`, `localhost:5000`, … */
  domain: string;
  /** `library/alpine`, … */
  path: string;
  tag?: string;
  digest?: string;
}

const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const DOMAIN = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);

/** A tag, without the colon. */
export const TAG = /^\w[\w.-]{0,127}$/;
/** A digest such as `sha256:` and 64 hexadecimal digits. */
export const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/;

/**
 * Reads an image reference as docker does: `alpine` is `docker.io/library/alpine`. Undefined when it breaks the
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
  // 64 hexadecimal digits would be taken for an image id.
  if (domain === "docker.io" && /^[a-f0-9]{64}$/.test(path)) return undefined;
  if (domain === "docker.io" && !path.includes("/")) path = `library/${path}`;

  const valid =
    DOMAIN.test(domain) &&
    PATH.test(path) &&
    path.length <= 255 &&
    (tag === undefined || TAG.test(tag)) &&
    (digest === undefined || DIGEST.test(digest));
  return valid ? { domain, path, tag, digest } : undefined;
}

/** The short form that people write: without `docker.io/library/`. */
export function familiarReference({ domain, path, tag, digest }: ImageReference): string {
  const short = domain === "docker.io" ? path.replace(/^library\/([^/]+)$/, "$1") : `${domain}/${path}`;
  return short + (tag === undefined ? "" : `:${tag}`) + (digest === undefined ? "" : `@${digest}`);
}
