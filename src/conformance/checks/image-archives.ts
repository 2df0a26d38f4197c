import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { Code } from "@connectrpc/connect";
import { loadImage } from "../../plugin-client/load-image.js";
import { saveImage } from "../../plugin-client/save-image.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { maxArchiveChunkBytes } from "../../plugin-protocol/connection.js";
import { mustRefuse, mustSucceed } from "../call-outcome.js";
import { type Check, type Condition, needs, unreachableBackend } from "../check.js";
import { must } from "../report/violation.js";
import type { Subject } from "../subject.js";
import { digestsIn, makeImage, type TestImage } from "../test-image.js";
import { storeCalls, storeOf } from "./image-store.js";

/** Size of a large image, in bytes. */
const bulkBytes = 24 << 20;
/** How long another call may take while an archive waits, in milliseconds. */
const answerMs = 15_000;

const never = new AbortController().signal;

const store = needs(capabilityIds.imageStore);

/** The condition that there is an unreachable store. */
const unreachableStore: Condition = {
  text: "image-store, an unreachable backend",
  missing: (subject) => store.missing(subject) ?? unreachableBackend.missing(subject),
};

/** A unique image name. */
function imageName(): string {
  return `conformance.invalid/${randomBytes(4).toString("hex")}:1`;
}

/** Loads an archive; runs `between` after the first half. */
export async function load(
  subject: Subject,
  archive: Buffer,
  {
    between = async () => {},
    signal = never,
  }: { between?: () => Promise<unknown>; signal?: AbortSignal } = {},
): Promise<string[]> {
  const { imageStore } = await subject.peer();
  const chunks = async function* () {
    let paused = false;
    for (let start = 0; start < archive.length; start += maxArchiveChunkBytes) {
      if (start >= archive.length / 2 && !paused) {
        paused = true;
        await between();
      }
      yield archive.subarray(start, start + maxArchiveChunkBytes);
    }
  };
  const source = Readable.from(chunks(), { objectMode: false });
  try {
    return await loadImage(imageStore, storeOf(subject), source, { signal });
  } finally {
    source.destroy();
  }
}

async function save(subject: Subject, name: string, between: () => Promise<unknown>): Promise<Buffer> {
  const { imageStore } = await subject.peer();
  const chunks: Uint8Array[] = [];
  for await (const chunk of saveImage(imageStore, storeOf(subject), [name], never)) {
    // A slow reader: the rest of the archive has to wait.
    if (chunks.length === 1) await between();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function idOf(subject: Subject, name: string): Promise<string | undefined> {
  const { imageStore } = await subject.peer();
  const { images } = await imageStore.listImages({ store: storeOf(subject), name });
  return images[0]?.id;
}

/** Runs work with images, and removes them from the store afterwards. */
export async function withImages(
  subject: Subject,
  images: TestImage[],
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } finally {
    const { imageStore } = await subject.peer();
    for (const name of new Set(images.map((image) => image.name))) {
      await imageStore.removeImage({ store: storeOf(subject), name, force: true }).catch(() => {});
    }
  }
}

/** Checks of image archives. */
export const imageDataChecks: Check[] = [
  {
    id: "DRV-STORE-LOAD",
    title: "Images of about 20 MiB are loaded, listed and saved completely, at the pace of the slower side",
    rule: "image-stores",
    backend: true,
    when: store,
    async run(subject) {
      const { driver } = await subject.peer();
      const images = await Promise.all([
        makeImage(imageName(), bulkBytes),
        makeImage(imageName(), bulkBytes),
      ]);
      const others = (what: string) => () =>
        mustSucceed(`A call while ${what}`, driver.handshake({}, { timeoutMs: answerMs }));
      await withImages(subject, images, async () => {
        const loads = images.map(({ archive }) =>
          load(subject, archive, { between: others("LoadImage waits for its archive") }),
        );
        await Promise.all(loads);
        for (const { name } of images) {
          must(await idOf(subject, name), `${name} was loaded, but is not listed.`);
        }
        const saves = images.map(({ name }) => save(subject, name, others("SaveImage waits for its reader")));
        for (const [index, archive] of (await Promise.all(saves)).entries()) {
          const { name, layer } = images[index]!;
          must((await digestsIn(archive)).has(layer), `${name} was saved without its layer ${layer}.`);
        }
      });
    },
  },
  {
    id: "DRV-STORE-CANCEL",
    title: "A cancelled or incomplete LoadImage changes no tag",
    rule: "image-stores",
    backend: true,
    when: store,
    async run(subject) {
      const name = imageName();
      const [former, latter] = [await makeImage(name, 1000), await makeImage(name, bulkBytes / 4)];
      await withImages(subject, [former], async () => {
        await load(subject, former.archive);
        const id = await idOf(subject, name);
        const cancel = new AbortController();
        const between = async () => cancel.abort();
        await load(subject, latter.archive, { between, signal: cancel.signal }).catch(() => {});
        must((await idOf(subject, name)) === id, "A cancelled LoadImage changed a tag.");
        const half = latter.archive.subarray(0, latter.archive.length / 2);
        await mustRefuse("LoadImage of half an archive", load(subject, half), notAnArchive);
        must((await idOf(subject, name)) === id, "An incomplete LoadImage changed a tag.");
      });
    },
  },
  {
    id: "DRV-STORE-GARBAGE",
    title: "LoadImage of bytes that are not an archive fails with a typed error",
    rule: "errors",
    backend: true,
    when: store,
    async run(subject) {
      await mustRefuse("LoadImage of random bytes", load(subject, randomBytes(64 << 10)), notAnArchive);
    },
  },
  {
    id: "DRV-STORE-LAYERS",
    title: "FindLayers returns only requested layers that the store has",
    rule: "image-stores",
    backend: true,
    when: needs(capabilityIds.imageStoreLayers),
    async run(subject) {
      const { imageStore } = await subject.peer();
      const image = await makeImage(imageName(), 1000);
      const unknown = `sha256:${randomBytes(32).toString("hex")}`;
      await withImages(subject, [image], async () => {
        await load(subject, image.archive);
        const requested = [unknown, image.layer].map((digest) => ({ digest, chainId: digest }));
        const { layers } = await imageStore.findLayers({ store: storeOf(subject), layers: requested });
        for (const { digest, chainId } of layers) {
          const what = digest || chainId;
          must(what !== unknown, `FindLayers returned the layer ${unknown}, which no store has.`);
          must(what === image.layer, `FindLayers returned the layer ${what}, which was not requested.`);
        }
      });
    },
  },
  {
    id: "DRV-STORE-UNREACHABLE",
    title: "Calls with an unreachable store fail with UNAVAILABLE",
    rule: "errors",
    backend: true,
    when: unreachableStore,
    async run(subject) {
      const { config, environment } = await subject.unreachable();
      const unreachable = { driver: subject.driver.name, endpoint: config.endpoint, environment };
      for (const [rpc, call] of Object.entries(storeCalls(await subject.peer()))) {
        await mustRefuse(`${rpc} with an unreachable store`, call(unreachable), [Code.Unavailable]);
      }
    },
  },
];

/** Codes of an unreadable archive. */
const notAnArchive = [Code.InvalidArgument, Code.FailedPrecondition];
