import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { inChunks, makeTar } from "../../src/archive/make-tar.test-helper.js";
import { uploadTar } from "../../src/client/upload-tar.js";
import type { BuildSpecSchema } from "../../src/gen/slipway/build/v1/build_spec_pb.js";
import { BuildHold } from "../../src/gen/slipway/v1/build_pb.js";
import type { Clients } from "../host-process.js";
import type { Build } from "./trial.js";

/** When a build is held. */
export const holdOf = ({ hold, output }: Build): BuildHold =>
  output === "push-both" ? BuildHold.UNSPECIFIED : holds[hold];

const holds = { never: BuildHold.UNSPECIFIED, start: BuildHold.ON_START, always: BuildHold.ALWAYS };

export type Spec = MessageInitShape<typeof BuildSpecSchema>;

/** Where a build reads and writes. */
export interface Place {
  /** For its context and outputs; one build at a time. */
  folder: string;
  /** `host:port` of the registry. */
  registry: string;
}

/** A build with its seed, which makes its result unique. */
type Seeded = Build & { seed: number };

/** Folder for the files that a build writes. */
export const outputFolder = (place: Place) => join(place.folder, "out");

/** The specification of a build; writes or uploads its context. */
export async function specOf(build: Seeded, place: Place, builder: string, clients: Clients): Promise<Spec> {
  const platforms = build.output === "push-both" ? ["linux/amd64", "linux/arm64"] : [];
  return {
    builder,
    context: { source: await contextOf(build, place, clients) },
    outputs: [outputOf(build, place)],
    platforms,
  };
}

async function contextOf(build: Seeded, place: Place, clients: Clients) {
  const files = {
    Dockerfile: "FROM scratch\nCOPY data /\n",
    data: Buffer.alloc(build.bytes + 16, `build ${build.seed}\n`),
  };
  if (build.context === "upload") {
    const entries = Object.entries(files).map(([name, content]) => ({ name, content }));
    const upload = await uploadTar(clients.uploads, inChunks(await makeTar(entries)));
    return { case: "upload" as const, value: upload.id };
  }
  const folder = join(place.folder, "context");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return { case: "path" as const, value: folder };
}

function outputOf({ output, seed }: Seeded, place: Place) {
  const path = (name: string) => ({ case: "path" as const, value: join(outputFolder(place), name) });
  switch (output) {
    case "cacheonly":
      return { type: "cacheonly" };
    case "local":
      return { type: "local", destination: path("files") };
    case "tar":
    case "oci":
      return { type: output, destination: path("result.tar") };
    case "stream":
      return { type: "oci", destination: { case: "stream" as const, value: {} } };
    case "push":
    case "push-both":
      return { type: "registry", attributes: { name: `${place.registry}/fuzz:${seed}` } };
  }
}
