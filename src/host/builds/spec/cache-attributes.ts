import { isAbsolute } from "node:path/posix";
import type { CacheBackend } from "../../../gen/slipway/build/v1/cache_pb.js";
import { parseReference } from "../../../image/reference.js";
import {
  type AttributeForm,
  type AttributeTable,
  between,
  bool,
  checkAttributes,
  count,
  duration,
  flag,
  oneOf,
  text,
  unknownAttributes,
} from "./attribute.js";
import { isFalse, isTrue } from "./booleans.js";
import type { Problems } from "./problems.js";

/** Whether build cache is imported or exported. */
export type CacheDirection = "cache_from" | "cache_to";

/** The attributes of every export. */
const exported: AttributeTable = { mode: oneOf("min", "max"), "ignore-error": bool };
const layers: AttributeTable = {
  ...exported,
  compression: oneOf("uncompressed", "gzip", "estargz", "zstd"),
  "compression-level": between(0, 22),
  "force-compression": flag,
  "oci-mediatypes": bool,
  "image-manifest": bool,
};

/** Empty is missing, which is another problem. */
const reference: AttributeForm = {
  expected: "an image reference: registry/repository[:tag]",
  matches: (value) => value === "" || parseReference(value) !== undefined,
};
const registry: AttributeTable = { ref: reference, "registry.insecure": bool };
const gha: AttributeTable = {
  scope: text,
  token: text,
  url: text,
  url_v2: text,
  version: oneOf("1", "2"),
  timeout: duration,
  repository: text,
  ghtoken: text,
};
const s3: AttributeTable = {
  bucket: text,
  region: text,
  name: text,
  prefix: text,
  manifests_prefix: text,
  blobs_prefix: text,
  endpoint_url: text,
  use_path_style: bool,
  access_key_id: text,
  secret_access_key: text,
  session_token: text,
  touch_refresh: duration,
  upload_parallelism: count,
  disable_accept_encoding: bool,
  retry_mode: oneOf("standard", "adaptive"),
  retry_max_attempts: count,
};
const azblob: AttributeTable = {
  account_url: text,
  account_name: text,
  container: text,
  name: text,
  prefix: text,
  manifests_prefix: text,
  blobs_prefix: text,
  secret_access_key: text,
};

/** By type, as of BuildKit 0.32 and buildx. */
const tables: Record<CacheDirection, Record<string, AttributeTable>> = {
  cache_from: {
    registry,
    local: { src: text, tag: text, digest: text },
    inline: {},
    gha,
    s3,
    azblob,
  },
  cache_to: {
    registry: { ...registry, ...layers },
    local: { ...layers, dest: text, tag: text, reset: bool },
    inline: exported,
    gha: { ...gha, ...exported },
    s3: { ...s3, ...exported },
    azblob: { ...azblob, ...exported },
  },
};

/** Required attributes. Those of s3 and azblob may come from the daemon's environment instead. */
const required: Record<CacheDirection, Record<string, string[]>> = {
  cache_from: { registry: ["ref"], local: ["src"], gha: ["token"] },
  cache_to: { registry: ["ref"], local: ["dest"], gha: ["token"] },
};

/** Checks a cache backend. */
export function checkCache(
  problems: Problems,
  direction: CacheDirection,
  field: string,
  cache: CacheBackend,
): void {
  const { type, attributes } = cache;
  const table = tables[direction][type];
  if (!table) {
    problems.add(
      `${field}.type`,
      "CACHE_TYPE_UNKNOWN",
      `Unknown cache type ${JSON.stringify(type)}.`,
      `Use one of ${Object.keys(tables[direction]).join(", ")}.`,
    );
    return;
  }
  checkAttributes(problems, field, attributes, table);
  for (const name of required[direction][type] ?? []) {
    if (attributes[name]) continue;
    problems.add(
      `${field}.attributes[${name}]`,
      "ATTRIBUTE_MISSING",
      `The cache type ${type} needs the attribute ${name}.`,
    );
  }
  if (isTrue(attributes["image-manifest"]) && isFalse(attributes["oci-mediatypes"])) {
    problems.add(
      `${field}.attributes[image-manifest]`,
      "ATTRIBUTES_CONFLICT",
      "OCI mediatypes are required for image-manifest cache format",
      "Leave out oci-mediatypes=false.",
    );
  }
  const folder = attributes.src ?? attributes.dest;
  if (type === "local" && folder && !isAbsolute(folder)) {
    const name = direction === "cache_from" ? "src" : "dest";
    const message = `The cache path ${JSON.stringify(folder)} is not absolute.`;
    problems.add(`${field}.attributes[${name}]`, "PATH_NOT_ABSOLUTE", message);
  }
  if (type === "gha" && !attributes.url && !attributes.url_v2) {
    problems.add(`${field}.attributes[url]`, "ATTRIBUTE_MISSING", "The cache type gha needs url or url_v2.");
  }
}

/** The warnings about unknown attributes of a cache, by attribute. */
export function unknownCacheAttributes(
  direction: CacheDirection,
  { type, attributes }: Pick<CacheBackend, "type" | "attributes">,
): Map<string, string> {
  return unknownAttributes(attributes, tables[direction][type] ?? {});
}
