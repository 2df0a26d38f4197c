import type { MessageInitShape } from "@bufbuild/protobuf";
import type { BuildHost } from "../../client/build-host.js";
import type { FetchBakeRequestSchema } from "../../gen/slipway/v1/bake_pb.js";
import { parseContextUrl } from "../../inputs/context-url.js";
import { FilesForHost } from "../build/files-for-host.js";
import { readSecrets } from "../build/secrets.js";
import { readSsh } from "../build/ssh.js";
import { definitionNames, isLocalFile } from "./bake-files.js";
import type { BakeFlags } from "./bake-flags.js";

type Request = Exclude<MessageInitShape<typeof FetchBakeRequestSchema>, { $typeName: string }>;

/** The secrets of git, and the variables that have them. */
const gitSecrets = ["GIT_AUTH_TOKEN", "GIT_AUTH_HEADER"];

/** Converts the command line to a request for the files of a definition at a URL. git authenticates as with buildx. */
export async function fetchRequest(
  url: string,
  flags: BakeFlags,
  host: BuildHost,
  signal: AbortSignal,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Request> {
  const secrets = gitSecrets
    .filter((id) => env[`BUILDX_BAKE_${id}`] !== undefined)
    .map((id) => `id=${id},env=BUILDX_BAKE_${id}`);
  const context = parseContextUrl(url);
  const overSsh = context?.kind === "git" && context.transport === "ssh";
  const agent = env.BUILDX_BAKE_GIT_SSH || env.SSH_AUTH_SOCK;
  const send = new FilesForHost(host, signal);
  return {
    builder: flags.builder,
    url,
    files: definitionNames(flags.file, env).filter((name) => !isLocalFile(name)),
    secrets: await readSecrets(secrets, env),
    ssh: overSsh && agent ? (await readSsh([`default=${agent}`], env)).map((each) => send.ssh(each)) : [],
    environment: host.environment,
  };
}
