import { randomBytes } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { maxArchiveChunkBytes } from "../../plugin-protocol/connection.js";
import { mustRefuse, mustSucceed } from "../call-outcome.js";
import { type Check, type Condition, needs, unreachableBackend } from "../check.js";
import { collect } from "../streams.js";
import type { Subject } from "../subject.js";
import { digestsIn, makeImage, type TestImage } from "../test-image.js";
import { must } from "../violation.js";
import { storeCalls, storeOf } from "./image-store.js";

/** Size of an image that counts as bulk, in bytes. */
const bulkBytes = 24 << 20;
/** So long another call may take while an archive waits, in milliseconds. */
const answerMs = 15_000;

const store = needs("image-store");

/** Holds for stores that are told to be somewhere else. */
const unreachableStore: Condition = {
  text: "image-store, an unreachable backend",
  missing: (subject) => store.missing(subject) ?? unreachableBackend.missing(subject),
};

/** A name that is the kit's own. */
function imageName(): string {
  return `conformance.invalid/${randomBytes(4).toString("hex")}:1`;
}

/** Sends an archive in pieces; between its halves something else may happen. */
async function load(
  subject: Subject,
  archive: Buffer,
  { between = async () => {}, signal }: { between?: () => Promise<unknown>; signal?: AbortSignal } = {},
) {
  const { imageStore } = await subject.peer();
  const messages = async function* () {
    yield { store: storeOf(subject) };
    let over = false;
    for (let start = 0; start < archive.length; start += maxArchiveChunkBytes) {
      if (start >= archive.length / 2 && !over) {
        over = true;
        await between();
      }
      yield { data: archive.subarray(start, start + maxArchiveChunkBytes) };
    }
  };
  return collect(imageStore.loadImage(messages(), { signal }));
}

async function save(subject: Subject, name: string, between: () => Promise<unknown>): Promise<Buffer> {
  const { imageStore } = await subject.peer();
  const pieces: Uint8Array[] = [];
  for await (const { data } of imageStore.saveImage({ store: storeOf(subject), names: [name] })) {
    must(
      data.length <= maxArchiveChunkBytes,
      `SaveImage sends pieces of ${data.length} bytes; at most ${maxArchiveChunkBytes} are allowed`,
    );
    // The reader is slow, and the rest has to wait for it.
    if (pieces.length === 1) await between();
    pieces.push(data);
  }
  return Buffer.concat(pieces);
}

async function idOf(subject: Subject, name: string): Promise<string | undefined> {
  const { imageStore } = await subject.peer();
  const { images } = await imageStore.listImages({ store: storeOf(subject), name });
  return images[0]?.id;
}

/** Lends an image, and removes it from the store afterwards. */
async function withImages(subject: Subject, images: TestImage[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    const { imageStore } = await subject.peer();
    for (const name of new Set(images.map((image) => image.name))) {
      await imageStore.removeImage({ store: storeOf(subject), name, force: true }).catch(() => {});
    }
  }
}

/** Archives of images. */
export const imageDataChecks: Check[] = [
  {
    id: "DRV-STORE-LOAD",
    title: "images of some 20 MiB are loaded, listed and saved whole, at the pace of the slower side",
    rule: "the-calls",
    backend: true,
    when: store,
    async run(subject) {
      const { driver } = await subject.peer();
      const images = await Promise.all([
        makeImage(imageName(), bulkBytes),
        makeImage(imageName(), bulkBytes),
      ]);
      const others = (what: string) => () =>
        mustSucceed(`a call while ${what}`, driver.handshake({}, { timeoutMs: answerMs }));
      await withImages(subject, images, async () => {
        const loads = images.map(({ archive }) =>
          load(subject, archive, { between: others("LoadImage waits for its archive") }),
        );
        for (const [index, messages] of (await Promise.all(loads)).entries()) {
          const { name } = images[index]!;
          must(messages.at(-1)?.loaded.length, `the last message of LoadImage does not name what was loaded`);
          must(await idOf(subject, name), `${name} was loaded, and is not listed`);
        }
        const saves = images.map(({ name }) => save(subject, name, others("SaveImage waits for its reader")));
        for (const [index, archive] of (await Promise.all(saves)).entries()) {
          const { name, layer } = images[index]!;
          must((await digestsIn(archive)).has(layer), `${name} is saved without its layer ${layer}`);
        }
      });
    },
  },
  {
    id: "DRV-STORE-CANCEL",
    title: "a LoadImage that is cancelled or breaks off changes no tag",
    rule: "the-calls",
    backend: true,
    when: store,
    async run(subject) {
      const name = imageName();
      const [old, young] = [await makeImage(name, 1000), await makeImage(name, bulkBytes / 4)];
      await withImages(subject, [old], async () => {
        await load(subject, old.archive);
        const id = await idOf(subject, name);
        const cancel = new AbortController();
        const between = async () => cancel.abort();
        await load(subject, young.archive, { between, signal: cancel.signal }).catch(() => {});
        must((await idOf(subject, name)) === id, "a LoadImage that was cancelled has changed a tag");
        const half = young.archive.subarray(0, young.archive.length / 2);
        await mustRefuse("LoadImage of half an archive", load(subject, half), notAnArchive);
        must((await idOf(subject, name)) === id, "a LoadImage that broke off has changed a tag");
      });
    },
  },
  {
    id: "DRV-STORE-GARBAGE",
    title: "LoadImage of what is no archive ends with a typed error",
    rule: "errors",
    backend: true,
    when: store,
    async run(subject) {
      await mustRefuse("LoadImage of random bytes", load(subject, randomBytes(64 << 10)), notAnArchive);
    },
  },
  {
    id: "DRV-STORE-LAYERS",
    title: "FindLayers names layers of its request only, and none that the store does not have",
    rule: "the-calls",
    backend: true,
    when: needs("image-store.layers"),
    async run(subject) {
      const { imageStore } = await subject.peer();
      const image = await makeImage(imageName(), 1000);
      const strange = `sha256:${randomBytes(32).toString("hex")}`;
      await withImages(subject, [image], async () => {
        await load(subject, image.archive);
        const asked = [strange, image.layer].map((digest) => ({ digest, chainId: digest }));
        const { layers } = await imageStore.findLayers({ store: storeOf(subject), layers: asked });
        for (const { digest, chainId } of layers) {
          const what = digest || chainId;
          must(what !== strange, `FindLayers names the layer ${strange}, which no store has`);
          must(what === image.layer, `FindLayers names the layer ${what}, which was not asked for`);
        }
      });
    },
  },
  {
    id: "DRV-STORE-UNREACHABLE",
    title: "the calls of a store that does not answer are UNAVAILABLE",
    rule: "errors",
    backend: true,
    when: unreachableStore,
    async run(subject) {
      const { config, environment } = await subject.unreachable();
      const gone = { driver: subject.driver.name, endpoint: config.endpoint, environment };
      for (const [rpc, call] of Object.entries(storeCalls(await subject.peer()))) {
        await mustRefuse(`${rpc} of a store that does not answer`, call(gone), [Code.Unavailable]);
      }
    },
  },
];

/** What an archive that cannot be read is refused with. */
const notAnArchive = [Code.InvalidArgument, Code.FailedPrecondition];
