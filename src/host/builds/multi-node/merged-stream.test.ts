import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { setImmediate as tick } from "node:timers/promises";
import { expect, it } from "vitest";
import { MergedStream } from "./merged-stream.js";

async function* oneAfterTheOther(streams: readonly AsyncIterable<Uint8Array>[]) {
  for (const stream of streams) yield* stream;
}

/** A target that records what it gets, and that finishes when `end` is called. */
function target() {
  const chunks: string[] = [];
  let end!: (error?: Error) => void;
  const ending = new Promise<Error | undefined>((resolve) => {
    end = resolve;
  });
  const stream = new Writable({
    write(chunk, _encoding, callback) {
      chunks.push(String(chunk));
      callback();
    },
    final(callback) {
      ending.then((error) => callback(error));
    },
  });
  return { stream, chunks, end };
}

it("merges in the order of the nodes, whichever sends first", async () => {
  const { stream, chunks, end } = target();
  const merged = new MergedStream(2, oneAfterTheOther, () => stream);
  const [second, first] = [merged.begin(1), merged.begin(0)];
  second.end("b");
  first.end("a");
  end();
  await Promise.all([finished(first), finished(second)]);
  expect(chunks).toEqual(["a", "b"]);
});

it("lets no node succeed before everything is written", async () => {
  const { stream, end } = target();
  const merged = new MergedStream(2, oneAfterTheOther, () => stream);
  const nodes = [merged.begin(0), merged.begin(1)];
  const ended: number[] = [];
  const all = nodes.map((node, index) => finished(node.end("x")).then(() => ended.push(index)));
  for (let turn = 0; turn < 20; turn++) await tick();
  expect(ended).toEqual([]);
  end();
  await Promise.all(all);
  expect(ended).toHaveLength(2);
});

it("fails all nodes when the target fails, even at its end", async () => {
  const { stream, end } = target();
  const merged = new MergedStream(2, oneAfterTheOther, () => stream);
  const nodes = [merged.begin(0), merged.begin(1)].map((node) => finished(node.end("x")));
  end(new Error("disk full"));
  for (const node of nodes) await expect(node).rejects.toThrow("disk full");
});

it("fails all nodes when the target cannot be opened", async () => {
  const merged = new MergedStream(2, oneAfterTheOther, () => Promise.reject(new Error("no such folder")));
  await expect(finished(merged.begin(0))).rejects.toThrow("no such folder");
});

it("destroys the target when a node aborts, and when a node sends nothing", async () => {
  for (const abort of [
    (merged: MergedStream) => merged.begin(1).destroy(new Error("gone")),
    (merged: MergedStream) => merged.destroy(new Error("gone")),
    (merged: MergedStream) => merged.ended(1),
  ]) {
    const { stream } = target();
    const merged = new MergedStream(2, oneAfterTheOther, () => stream);
    const first = finished(merged.begin(0).end("x"));
    merged.ended(0);
    abort(merged);
    await expect(first).rejects.toThrow(/gone|sent no output/);
    await expect(finished(stream)).rejects.toThrow();
  }
});
