import { randomBytes } from "node:crypto";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { type Check, needs } from "../check.js";
import { must } from "../report/violation.js";
import { makeImage } from "../test-image.js";
import { load, withImages } from "./image-archives.js";
import { storeOf } from "./image-store.js";

/** Checks of the names of stored images. */
export const imageNameChecks: Check[] = [
  {
    id: "DRV-STORE-NAMES",
    title: "The names of listed images are in full, with docker.io/library",
    rule: "image-stores",
    backend: true,
    when: needs(capabilityIds.imageStore),
    async run(subject) {
      const { imageStore } = await subject.peer();
      const store = storeOf(subject);
      const name = `docker.io/library/conformance-${randomBytes(4).toString("hex")}:1`;
      const image = await makeImage(name, 1000);
      await withImages(subject, [image], async () => {
        await load(subject, image.archive);
        const { images } = await imageStore.listImages({ store, name });
        const found = images.flatMap(({ names }) => names).join(", ") || "nothing";
        must(found === name, `ListImages of ${name} found ${found}.`);
      });
    },
  },
];
