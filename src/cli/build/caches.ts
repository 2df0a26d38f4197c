import { resolve } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { InputError } from "../../errors/input-error.js";
import type { CacheBackendSchema } from "../../gen/slipway/build/v1/cache_pb.js";
import { parseAttributes, parseCsvLine } from "../../inputs/parse-attributes.js";
import { isTrue } from "../values/is-true.js";

type Cache = { type: string; attributes: Record<string, string> } & MessageInitShape<
  typeof CacheBackendSchema
>;

/**
 * Parses `--cache-from` and `--cache-to`: `type=…,key=value` or registry references. Makes folders absolute, and fills in
 * attributes from the environment of a GitHub Actions job or an AWS client.
 */
export function parseCaches(flag: string, values: readonly string[] = [], env: NodeJS.ProcessEnv): Cache[] {
  return values.filter(Boolean).flatMap((text) => {
    if (!text.includes("=")) {
      return parseCsvLine(text).map((ref) => ({ type: "registry", attributes: { ref } }));
    }
    const { type, ...attributes } = Object.fromEntries(parseAttributes(text, flag));
    if (!type) {
      throw new InputError({
        reason: "CACHE_TYPE_MISSING",
        field: flag,
        message: `type required for ${JSON.stringify(text)}`,
        remedy: "Write type=registry,ref=…, type=local,… or another type with its attributes.",
      });
    }
    if (type === "gha") addGitHubActions(attributes, env, flag);
    if (type === "s3") addAws(attributes, env);
    if (type === "local") {
      for (const key of ["src", "dest"]) if (attributes[key]) attributes[key] = resolve(attributes[key]);
    }
    return [{ type, attributes }];
  });
}

function addGitHubActions(attributes: Record<string, string>, env: NodeJS.ProcessEnv, flag: string): void {
  const fill = (key: string, ...variables: string[]) => {
    const value = attributes[key] ?? variables.map((name) => env[name]).find(Boolean);
    if (value) attributes[key] = value;
  };
  const second = attributes.version === "2" || isTrue(env.ACTIONS_CACHE_SERVICE_V2);
  fill("token", "ACTIONS_RUNTIME_TOKEN");
  if (second) fill("url_v2", "ACTIONS_RESULTS_URL");
  fill("url", "ACTIONS_CACHE_URL", "ACTIONS_RESULTS_URL");
  if (attributes.token && (attributes.url || attributes.url_v2)) return;
  // buildx drops such a cache silently.
  throw new InputError({
    reason: "CACHE_CREDENTIALS_MISSING",
    field: flag,
    message: "The cache type gha needs the token and the URL of a GitHub Actions job.",
    remedy:
      "Pass ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL to this step. Omit the cache outside of GitHub Actions.",
  });
}

function addAws(attributes: Record<string, string>, env: NodeJS.ProcessEnv): void {
  if (attributes.access_key_id && attributes.secret_access_key) return;
  const variables = {
    access_key_id: "AWS_ACCESS_KEY_ID",
    secret_access_key: "AWS_SECRET_ACCESS_KEY",
    session_token: "AWS_SESSION_TOKEN",
  };
  for (const [key, name] of Object.entries(variables)) {
    const value = attributes[key] ?? env[name];
    if (value) attributes[key] = value;
  }
}
