import type { Readable } from "node:stream";
import {
  type BootstrapCall,
  Code,
  driverError,
  type Progress,
  type RegistryCredential,
  readTypedError,
} from "slipway/driver";
import type { EngineApi } from "../../engine/src/api.js";
import { explainAnswer } from "../../engine/src/explain-answer.js";
import { type EngineMessage, failureOf, readMessages } from "../../engine/src/messages.js";
import { registryAuth } from "../../engine/src/registry-auth.js";
import { unlessMissing } from "./container.js";
import { type ImageReference, parseImageReference } from "./image-reference.js";

type Report = (step: Progress) => void;

/**
 * Ensures that the Engine has an image; returns its complete name. The image is pulled, to have the newest one. When the
 * pull fails and the image exists, that one is used, and the step shows the failure.
 */
export async function ensureImage(
  engine: EngineApi,
  image: string,
  { progress, credentials }: Pick<BootstrapCall, "progress" | "credentials">,
): Promise<string> {
  const reference = parseImageReference(image);
  const { name } = reference;
  if (reference.pinned && (await isLocal(engine, name))) return name;
  const step = { id: "pull", name: `Pulling image ${name}` };
  progress(step);
  try {
    await pull(engine, reference, credentials[reference.registry], progress);
    progress({ ...step, done: true });
  } catch (error) {
    const { message } = readTypedError(explainAnswer(error, engine.address));
    progress({ ...step, done: true, error: message });
    if (!(await isLocal(engine, name))) throw unpullable(name, message);
    progress({ id: "local-image", name: `Using local image ${name}`, done: true });
  }
  return name;
}

async function pull(
  engine: EngineApi,
  { repository, version }: ImageReference,
  credential: RegistryCredential | undefined,
  progress: Report,
): Promise<void> {
  const docker = await engine.docker();
  const options = { fromImage: repository, tag: version };
  const answer = (await docker.createImage(registryAuth(credential), options)) as unknown as Readable;
  for await (const message of readMessages(answer)) {
    const failure = failureOf(message);
    if (failure) throw new Error(failure);
    reportLayer(message, progress);
  }
}

function reportLayer({ id, status, progressDetail }: EngineMessage, progress: Report): void {
  const { current, total } = progressDetail ?? {};
  if (!id || !status) return;
  const done = status === "Pull complete" || status === "Already exists";
  if (!done && current === undefined) return;
  const counts = done ? {} : { current: BigInt(current ?? 0), total: BigInt(total ?? 0) };
  progress({ id: `pull ${id}`, name: `${status} ${id}`, ...counts, done });
}

async function isLocal(engine: EngineApi, name: string): Promise<boolean> {
  return (await unlessMissing(engine.get(`/images/${name}/json`))) !== undefined;
}

function unpullable(name: string, why: string): Error {
  return driverError({
    code: Code.FailedPrecondition,
    reason: "IMAGE_UNAVAILABLE",
    message: `The image ${name} is not in the Docker Engine and cannot be pulled: ${why}`,
    remedy: "Correct the driver option image, log in to its registry with `docker login`, or load the image.",
  });
}
