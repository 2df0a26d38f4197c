import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ContextFiles, NativeBuild, NativeBuildCall, NativeBuilder } from "slipway/driver";
import { buildArguments } from "./arguments.js";
import { runBuildah } from "./buildah.js";
import { failure } from "./failure.js";
import { baseImages, fullName, registryOf } from "./names.js";
import { folderOf } from "./node-folder.js";
import { type Exported, exportOutput, reportOutput } from "./outputs.js";
import { Steps } from "./steps.js";

/** Builds an image, and exports the outputs one after another. */
export const build: NativeBuilder["build"] = async (request, call) => {
  const folder = await mkdtemp(join(folderOf(request.config).temporary, "build-"));
  const steps = new Steps(request.id);
  try {
    await call.progress(steps.begin("[internal] load build context"));
    for await (const context of request.contexts) await unpack(context, folder, call.signal);
    const authFile = logins(call);
    const image = await buildImage(request, call, { folder, steps, authFile });
    const exported: Exported[] = [];
    for (const index of request.spec.outputs.keys())
      exported.push(await exportOutput(index, { build: request, call, steps, image, folder, authFile }));
    await call.progress(steps.end());
    return result(request, image, exported);
  } catch (error) {
    if (!call.signal.aborted) await call.progress(steps.end((error as Error).message));
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

interface BuildState {
  folder: string;
  steps: Steps;
  authFile: AuthFile;
}

type AuthFile = (registries: string[]) => Promise<string>;

/** Runs `buildah build`; returns the image's id. */
async function buildImage(
  { spec, config }: NativeBuild,
  call: NativeBuildCall,
  { folder, steps, authFile }: BuildState,
): Promise<string> {
  const dockerfile = spec.dockerfile!.source.value as Uint8Array;
  const images = baseImages(Buffer.from(dockerfile).toString(), spec.buildArgs).filter(
    (image) => !(image in spec.namedContexts),
  );
  const imageId = join(folder, "image-id");
  const { stdout, stderr, ended } = runBuildah({
    config,
    command: 'exec buildah "$@"',
    args: buildArguments(spec, config, {
      context: (upload) => join(folder, upload),
      file: (name) => join(folderOf(config).files, name),
      imageId,
    }),
    files: {
      Dockerfile: dockerfile,
      // The host has already applied .dockerignore.
      dockerignore: "",
      "auth.json": await authFile(images.map((image) => registryOf(fullName(image)))),
      ...Object.fromEntries(spec.secrets.map(({ value }, index) => [`secret-${index}`, value])),
    },
    signal: call.signal,
  });
  const errors = reportOutput(stderr, call, steps);
  for await (const line of createInterface({ input: stdout })) await call.progress(steps.line(line));
  const [text, status] = await Promise.all([errors, ended]);
  call.signal.throwIfAborted();
  if (status !== 0) throw failure(text, steps.current);
  return (await readFile(imageId, "utf8")).trim();
}

/** Unpacks the files of a context. */
async function unpack({ upload, archive }: ContextFiles, folder: string, signal: AbortSignal): Promise<void> {
  const target = join(folder, upload);
  await mkdir(target);
  const tar = spawn("tar", ["-xf", "-", "-C", target], { stdio: ["pipe", "ignore", "pipe"], signal });
  const errors = tar.stderr.toArray();
  const closed = once(tar, "close");
  closed.catch(() => {}); // Awaited below.
  await pipeline(Readable.from(archive), tar.stdin).catch(() => {}); // The exit status and stderr have the reason.
  const [status] = await closed;
  if (status !== 0) throw new Error(`the context cannot be unpacked: ${(await errors).join("").trim()}`);
}

/** Creates login files for registries; requests each login once. */
function logins(call: NativeBuildCall): AuthFile {
  const known = new Map<string, Awaited<ReturnType<NativeBuildCall["credential"]>>>();
  return async (registries) => {
    for (const registry of new Set(registries))
      if (!known.has(registry)) known.set(registry, await call.credential(registry));
    const auths: Record<string, { auth: string } | { identitytoken: string }> = {};
    for (const [registry, login] of known) {
      if (!login) continue;
      const { username, secret } = login;
      auths[registry] = username
        ? { auth: Buffer.from(`${username}:${secret}`).toString("base64") }
        : { identitytoken: secret };
    }
    return JSON.stringify({ auths });
  };
}

function result({ spec }: NativeBuild, image: string, exported: Exported[]) {
  const names = [...new Set(exported.flatMap((output) => output.names))];
  const digest = exported.find((output) => output.digest)?.digest;
  const imageNames = spec.outputs.length === 0 ? spec.tags.map(fullName) : names;
  const exporterResponse: Record<string, string> = {
    "containerimage.config.digest": image,
    ...(digest && { "containerimage.digest": digest }),
    ...(imageNames.length > 0 && { "image.name": imageNames.join(",") }),
  };
  return { imageDigest: digest ?? "", configDigest: image, imageNames, exporterResponse };
}
