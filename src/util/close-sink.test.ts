import { once } from "node:events";
import { PassThrough, Readable, Writable } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { closeSink, pipeInto } from "./close-sink.js";

/** A sink that cleans up only when it is told to. */
function slowSink() {
  const events: string[] = [];
  let clean: () => void = () => {};
  const sink = new Writable({
    write: (_chunk, _encoding, callback) => callback(),
    destroy(error, callback) {
      events.push("cleaning up");
      clean = () => {
        events.push("clean");
        callback(error);
      };
    },
  });
  return { sink, events, clean: () => clean() };
}

/** A source that never ends. */
const endless = async function* () {
  yield Buffer.from("x");
  await new Promise(() => {});
};

const broken = async function* () {
  yield Buffer.from("x");
  throw new TypeError("broken");
};

describe("pipeInto", () => {
  it("writes all of a source", async () => {
    const sink = new PassThrough();
    await pipeInto(Readable.from([Buffer.from("a"), Buffer.from("b")]), sink);
    expect(String(sink.read())).toBe("ab");
  });

  it.each([
    ["is cancelled", endless, "AbortError"],
    ["breaks", broken, "TypeError"],
  ])("fails after its sink has cleaned up when the source %s", async (_how, source, name) => {
    const { sink, events, clean } = slowSink();
    const abort = new AbortController();
    const done = pipeInto(source(), sink, abort.signal).catch((error) => {
      events.push("failed");
      return error;
    });
    if (source === endless) abort.abort();
    await vi.waitFor(() => expect(events).toEqual(["cleaning up"]));
    clean();
    expect(await done).toMatchObject({ name });
    expect(events).toEqual(["cleaning up", "clean", "failed"]);
  });

  it("does not wait for a sink that is closed already", async () => {
    const sink = new PassThrough();
    sink.destroy();
    await once(sink, "close");
    await expect(pipeInto(endless(), sink)).rejects.toThrow();
  });
});

it("gives up on a sink that never closes", async () => {
  vi.useFakeTimers();
  try {
    const { sink, events } = slowSink();
    const closing = closeSink(sink, new Error("over"));
    await vi.runAllTimersAsync();
    await closing;
    expect(events).toEqual(["cleaning up"]);
  } finally {
    vi.useRealTimers();
  }
});
