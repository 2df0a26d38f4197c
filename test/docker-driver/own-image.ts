import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { withEngine } from "../../plugins/engine/src/api.js";
import { locateEngine } from "../../plugins/engine/src/engine.js";
import { engineApi } from "../lab/index.js";
import { call } from "./harness.js";

/** Makes a unique image: one layer with 300 kB of random bytes. */
export async function makeImage(socket: string, repo: string, tag: string): Promise<void> {
  const layer = pack();
  layer.entry({ name: "random" }, randomBytes(300_000));
  layer.finalize();
  const query = new URLSearchParams({ fromSrc: "-", repo, tag, changes: 'CMD ["/none"]' });
  await engineApi(socket, "POST", `/images/create?${query}`, await buffer(layer));
}

/** Runs work while a container of the image exists. */
export async function whileInUse(host: string, image: string, work: () => Promise<void>): Promise<void> {
  await withEngine(await locateEngine(host), call.signal, async (engine) => {
    const docker = await engine.docker();
    const container = await docker.createContainer({ Image: image });
    try {
      await work();
    } finally {
      await container.remove({ force: true });
    }
  });
}
