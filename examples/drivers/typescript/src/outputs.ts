import { createReadStream } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { NativeBuild, NativeBuildCall } from "slipway/driver";
import { type BuildahOptions, runBuildah } from "./buildah.js";
import { failure } from "./failure.js";
import { fullName, registryOf } from "./names.js";
import type { Steps } from "./steps.js";

/** The build of an output. */
export interface OutputOptions {
  build: NativeBuild;
  call: NativeBuildCall;
  steps: Steps;
  /** Id of the built image. */
  image: string;
  /** Folder of the build's temporary files. */
  folder: string;
  /** Login file for registries. */
  authFile(registries: string[]): Promise<string>;
}

/** Names and digest of an exported image. */
export interface Exported {
  names: string[];
  /** Digest of the manifest in its registry. */
  digest?: string;
}

/** Mounts the image's files and prints them as a tar archive. */
const printFiles = `
container=$(buildah from --pull-never --signature-policy="$FILES/policy.json" "$1")
cd "$(buildah mount "$container")"
find . -mindepth 1 -maxdepth 1 -printf '%P\\0' | tar --null --files-from=- --numeric-owner -cf -
`;

/** Exports one output of a build, and sends it if it has files. */
export async function exportOutput(index: number, options: OutputOptions): Promise<Exported> {
  const { build, steps, call, image, folder } = options;
  const { type, attributes } = build.spec.outputs[index]!;
  const names = (attributes.name ?? "").split(",").filter(Boolean).map(fullName);
  switch (type) {
    case "tar":
    case "local": {
      await call.progress(steps.begin("exporting files"));
      const run = start(options, { command: printFiles, args: [image] });
      await call.output(index, run.stdout);
      await run.succeeded();
      return { names: [] };
    }
    case "oci":
    case "docker": {
      await call.progress(steps.begin(`exporting to ${type} image format`));
      const file = join(folder, `output-${index}.tar`);
      const [first, ...others] = names.length > 0 ? names : [""];
      // Buildah writes only one of the names into an archive.
      const target = `${type}-archive:${file}${first && `:${first}`}`;
      await push(options, ["--format", type === "oci" ? "oci" : "docker", image, target]);
      if (others.length > 0)
        await call.warn({
          severity: 2,
          reason: "BUILDAH_NAMES_LEFT_OUT",
          field: "spec.tags",
          message: `Buildah writes only the first name into an archive, and leaves out ${others.join(", ")}.`,
        });
      await call.output(index, createReadStream(file));
      await rm(file);
      return { names: first ? [first] : [] };
    }
    default: {
      await call.progress(steps.begin("exporting to image"));
      for (const name of names) await tag(options, name);
      if (attributes.push !== "true") return { names };
      const auth = await options.authFile([...new Set(names.map(registryOf))]);
      const digestFile = join(folder, `output-${index}.digest`);
      for (const name of names) {
        await call.progress(steps.begin(`pushing ${name}`));
        const args = ["--format", attributes["oci-mediatypes"] === "false" ? "docker" : "oci"];
        await push(options, [...args, "--digestfile", digestFile, image, `docker://${name}`], auth);
      }
      return { names, digest: (await readFile(digestFile, "utf8")).trim() };
    }
  }
}

async function push(options: OutputOptions, args: string[], auth?: string): Promise<void> {
  const command = 'exec buildah push --signature-policy="$FILES/policy.json" "$@"';
  const run = start(options, { command, args, ...(auth && { files: { "auth.json": auth } }) });
  run.stdout.resume();
  await run.succeeded();
}

async function tag(options: OutputOptions, name: string): Promise<void> {
  const run = start(options, { command: 'exec buildah tag "$@"', args: [options.image, name] });
  run.stdout.resume();
  await run.succeeded();
}

/** Runs Buildah. Its stderr becomes output of the step, and the reason of a failure. */
function start(
  { build: { config }, call, steps }: OutputOptions,
  options: Pick<BuildahOptions, "command" | "args" | "files">,
) {
  const run = runBuildah({ ...options, config, signal: call.signal });
  const errors = reportOutput(run.stderr, call, steps);
  return {
    stdout: run.stdout,
    async succeeded() {
      const [text, status] = await Promise.all([errors, run.ended]);
      call.signal.throwIfAborted();
      if (status !== 0) throw failure(text, steps.current);
    },
  };
}

/** Reports a stream as output of the current step; resolves with its last part. */
export async function reportOutput(
  stream: AsyncIterable<Buffer>,
  call: NativeBuildCall,
  steps: Steps,
): Promise<string> {
  let last = "";
  for await (const chunk of stream) {
    const text = chunk.toString();
    last = `${last}${text}`.slice(-maxKeptCharacters);
    await call.progress(steps.log(2, text));
  }
  return last;
}

const maxKeptCharacters = 16 << 10;
