import { resolve } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { dockerConfigDir, readDockerConfig } from "../../config/docker-config.js";
import type { RegistryAuthSchema } from "../../gen/slipway/build/v1/build_spec_pb.js";
import { joinSentences } from "../output/diagnostics.js";
import { printError } from "../output/print.js";

/**
 * The logins for a build: for a host that can read it, the folder of docker's configuration; for other hosts, the logins
 * in the configuration itself. Logins in a credential store are not sent.
 */
export async function registryAuth(
  isLocal: boolean,
  env: NodeJS.ProcessEnv = process.env,
): Promise<MessageInitShape<typeof RegistryAuthSchema>> {
  const folder = dockerConfigDir(env);
  if (isLocal) return { dockerConfigDir: resolve(folder) };
  const { auths, faults } = await readDockerConfig(folder, env);
  for (const { message, remedy } of faults) printError(`WARNING: ${joinSentences(message, remedy)}\n`);
  const logins = [...auths].map(
    ([registry, { username, secret }]) => [registry, { username, secret }] as const,
  );
  return { logins: Object.fromEntries(logins), noDockerConfig: true };
}
