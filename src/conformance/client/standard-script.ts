import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { type BuildEvent, BuildEventSchema, BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import type { StartBuildRequest, WatchBuildRequest } from "../../gen/slipway/v1/build_pb.js";
import type { NegotiateResponseSchema } from "../../gen/slipway/v1/host_pb.js";
import type { HostScript } from "./host-script.js";
import { UploadStore } from "./upload-store.js";

/** The digest of the image that scripted builds make. */
export const imageDigest = `sha256:${"1".repeat(64)}`;

type EventBody = NonNullable<MessageInitShape<typeof BuildEventSchema>["event"]>;

/** The last event of a build that succeeds. */
export const succeeded: EventBody = {
  case: "finished",
  value: {
    state: BuildState.SUCCEEDED,
    result: { imageDigest, imageNames: ["docker.io/conformance/app:1"] },
  },
};

const step = "sha256:0123456789abcdef";

/** Progress of a step: its log, and its end. */
export const progress = (text: string): EventBody => ({
  case: "progress",
  value: { logs: [{ vertex: step, stream: 1, data: Buffer.from(text) }] },
});

/** The events of a build, numbered from 1: its beginning, what is given, and its success unless another end is given. */
export function buildEvents(bodies: EventBody[], end: EventBody = succeeded): BuildEvent[] {
  const accepted: EventBody = { case: "accepted", value: { builder: "conformance", driver: "scripted" } };
  const started: EventBody = { case: "started", value: { ref: "conformance/1" } };
  return [accepted, started, ...bodies, end].map((event, index) =>
    create(BuildEventSchema, { sequence: BigInt(index + 1), time: timestampNow(), event }),
  );
}

/** The events of a build with three steps. */
export const standardEvents = () => buildEvents([progress("one\n"), progress("two\n"), progress("three\n")]);

/** Those events that a watcher asks for. */
export function wanted(events: BuildEvent[], { fromSequence }: WatchBuildRequest): BuildEvent[] {
  return events.filter(({ sequence }) => sequence >= fromSequence);
}

/** What the standard host offers. */
export const standardOffer = {
  host: { name: "slipway-conformance", version: "1.0.0" },
  capabilities: ["builds", "builders", "outputs.stream", "uploads.manifest", "paths.local"].map((id) => ({
    id,
  })),
  limits: {
    maxMessageBytes: 16n << 20n,
    maxSecretBytes: 500n << 10n,
    maxChunkBytes: 2n << 20n,
  },
} satisfies MessageInitShape<typeof NegotiateResponseSchema>;

/** The standard offer to a client whose files the host cannot read. */
export function offerWithoutPaths(limits = standardOffer.limits): typeof standardOffer {
  const capabilities = standardOffer.capabilities.filter(({ id }) => id !== "paths.local");
  return { ...standardOffer, capabilities, limits };
}

/** Ids of builds by the requests that started them: a repeated request starts no second build. */
export class BuildIds {
  readonly #ids = new Map<string, string>();

  start({ requestId }: StartBuildRequest): string {
    const key = requestId || `none-${this.#ids.size}`;
    const id = this.#ids.get(key) ?? `build-${this.#ids.size + 1}`;
    this.#ids.set(key, id);
    return id;
  }

  /** Builds that were started. */
  get size(): number {
    return this.#ids.size;
  }
}

/** A host without faults: each build succeeds after a few events, and uploads are stored. */
export function standardScript(uploads = new UploadStore(), builds = new BuildIds()): HostScript {
  return {
    negotiate: () => standardOffer,
    startBuild: (request) => ({ build: { id: builds.start(request), state: BuildState.PENDING } }),
    async *watchBuild(request) {
      for (const event of wanted(standardEvents(), request)) yield { event };
    },
    getBuild: ({ id }) => ({ build: { id, state: BuildState.SUCCEEDED } }),
    cancelBuild: ({ id }) => ({ build: { id, state: BuildState.RUNNING } }),
    listBuilders: () => ({ builders: [{ name: "conformance" }] }),
    createUpload: (request) => uploads.create(request),
    addBlobs: (request) => uploads.add(request),
    finishUpload: (request) => uploads.finish(request),
    deleteUpload: (request) => uploads.delete(request),
  };
}
