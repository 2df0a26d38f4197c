import { inject } from "vitest";

/** The environment for a program of Node that reaches a public registry, which may be behind a proxy with its own CA. */
export function registryEnv(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_EXTRA_CA_CERTS: inject("certificates") };
}
