import type { Readable } from "node:stream";
import { Code, driverError, type ProgressCall, type RegistryCredential, withPeriod } from "slipway/driver";
import type { EngineAddress } from "../../../engine/src/address.js";
import { withEngine } from "../../../engine/src/api.js";
import { parseImageName } from "../../../engine/src/image-name.js";
import { type EngineMessage, failureOf, readMessages } from "../../../engine/src/messages.js";
import { registryAuth } from "../../../engine/src/registry-auth.js";

/** Pushes an image by its tag, by default `latest`, and returns the digest of its manifest. */
export async function push(
  address: EngineAddress,
  { name, credential }: { name: string; credential?: RegistryCredential },
  { signal, progress }: ProgressCall,
): Promise<string> {
  const { repository, tag = "latest", digest: pinned } = parseImageName(name);
  if (pinned)
    throw pushFailed(
      Code.InvalidArgument,
      "IMAGE_NAME_INVALID",
      name,
      "images are pushed by tag, not by digest",
    );
  return withEngine(address, signal, async (engine) => {
    const authconfig = registryAuth(credential);
    const docker = await engine.docker();
    const image = docker.getImage(repository);
    const answer = (await image.push({ tag, authconfig })) as Readable;
    let digest: string | undefined;
    for await (const message of readMessages(answer)) {
      const failure = failureOf(message);
      if (failure) throw explainFailure(name, failure);
      digest = message.aux?.Digest ?? digestLine.exec(message.status ?? "")?.[1] ?? digest;
      reportLayer(message, progress);
    }
    if (!digest) throw pushFailed(Code.Unknown, "IMAGE_PUSH_FAILED", name, "the Engine reports no digest");
    return digest;
  });
}

/** The last line; Engines with the containerd store report the digest only there. */
const digestLine = /: digest: (sha256:[0-9a-f]{64}) size: \d+$/;
const finished = /^(Pushed|Layer already exists|Mounted from .*)$/;

function reportLayer(
  { id, status, progressDetail }: EngineMessage,
  progress: ProgressCall["progress"],
): void {
  if (!id || !status) return;
  const { current = 0, total = 0 } = progressDetail ?? {};
  const counts = { current: BigInt(current), total: BigInt(total), done: finished.test(status) };
  progress({ id, name: `pushing layer ${id}`, ...counts });
}

/** The Engine passes a registry's error on only as text, in the words of distribution's client. */
function explainFailure(name: string, why: string): Error {
  if (/does not exist locally|tag does not exist|no such image/i.test(why))
    return pushFailed(Code.NotFound, "IMAGE_NOT_FOUND", name, why);
  if (/unauthorized|no basic auth credentials|authentication required/i.test(why))
    return pushFailed(
      Code.Unauthenticated,
      "REGISTRY_UNAUTHORIZED",
      name,
      why,
      "Log in with `docker login`.",
    );
  if (/denied|forbidden/i.test(why))
    return pushFailed(
      Code.PermissionDenied,
      "REGISTRY_DENIED",
      name,
      why,
      "Log in as a user with push access.",
    );
  return pushFailed(Code.Unknown, "IMAGE_PUSH_FAILED", name, why);
}

function pushFailed(code: Code, reason: string, name: string, why: string, remedy?: string): Error {
  return driverError({
    code,
    reason,
    message: withPeriod(`The Docker Engine cannot push ${name}: ${why}`),
    remedy,
  });
}
