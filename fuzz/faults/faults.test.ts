import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { apply } from "./apply.js";
import { drill } from "./drill.js";
import { endInTime } from "./end-in-time.js";
import type { Action, Fault } from "./fault.js";
import { Link } from "./link.js";
import { trialOf } from "./trial.js";
import { chunks, http2Frames } from "./units.js";

const trials = Array.from({ length: 1000 }, (_, seed) => trialOf(seed));

/** A frame of HTTP/2. */
function frame(type: number, text: string): Buffer {
  return Buffer.concat([Buffer.from([0, 0, text.length, type, 1, 0, 0, 0, 3]), Buffer.from(text)]);
}

test("frames are found in a stream, however it is cut into chunks", () => {
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const units = [preface, frame(4, ""), frame(1, "headers"), frame(0, "data")];
  const stream = Buffer.concat(units);
  for (const size of [1, 7, stream.length]) {
    const split = http2Frames();
    const found: Buffer[] = [];
    for (let at = 0; at < stream.length; at += size) found.push(...split(stream.subarray(at, at + size)));
    expect(found).toEqual(units);
  }
});

test("a seed always gives the same trial", () => {
  expect(trialOf(7)).toEqual(trialOf(7));
  expect(new Set(trials.map((trial) => JSON.stringify({ ...trial, seed: 0 }))).size).toBeGreaterThan(900);
});

test("every link, output and kind of fault occurs", () => {
  const kinds = (of: Fault[]) => of.map(({ action }) => action.kind);
  expect(new Set(trials.map(({ link }) => link)).size).toBe(7);
  expect(new Set(trials.map(({ output }) => output)).size).toBe(7);
  expect(new Set(trials.map(({ hold }) => hold)).size).toBe(3);
  expect(new Set(trials.flatMap(({ faults }) => kinds(faults)))).toEqual(
    new Set([
      ...["delay", "stall", "close", "half-close", "reset", "truncate", "drop", "duplicate", "reorder"],
      ...["byte", "type", "flags", "stream", "length", "payload", "insert"],
    ]),
  );
});

const changes: [Action, (unit: Buffer) => Buffer[]][] = [
  [{ kind: "delay", ms: 1 }, (unit) => [unit]],
  [{ kind: "stall" }, () => []],
  [{ kind: "close" }, () => []],
  [{ kind: "half-close" }, () => []],
  [{ kind: "reset" }, () => []],
  [{ kind: "truncate", at: 16 }, (unit) => [unit.subarray(0, 3)]],
  [{ kind: "drop" }, () => []],
  [{ kind: "duplicate" }, (unit) => [unit, unit]],
  [{ kind: "reorder" }, () => []],
  [{ kind: "byte", at: 13, bits: 255 }, (unit) => [Buffer.from([0xff, ...unit.subarray(1)])]],
  [{ kind: "type", value: 7 }, () => [Buffer.from("000004070100000003", "hex")]],
  [{ kind: "flags", bits: 5 }, () => [Buffer.from("000004000400000003", "hex")]],
  [{ kind: "stream", id: 9 }, () => [Buffer.from("000004000100000009", "hex")]],
  [{ kind: "length", delta: -5 }, () => [Buffer.from("ffffff000100000003", "hex")]],
  [{ kind: "payload", at: 5, bits: 1 }, () => [Buffer.from("000004000100000003", "hex")]],
  [
    { kind: "insert", type: 6, flags: 1, id: 0, payload: Buffer.from("x") },
    () => [Buffer.from("00000106010000000078", "hex")],
  ],
];
test.each(changes)("%j changes what passes", (action, expected) => {
  const unit = frame(0, "data");
  const { send, hold, end, waitMs } = apply(action, unit);
  for (const [index, bytes] of expected(unit).entries())
    expect(send[index]!.subarray(0, bytes.length)).toEqual(bytes);
  if (action.kind === "payload") expect(send[0]).toEqual(frame(0, "d`ta"));
  expect({ hold, end, waitMs }).toEqual({
    hold: action.kind === "reorder" ? unit : undefined,
    end: ["stall", "close", "half-close", "reset"].includes(action.kind)
      ? action.kind
      : action.kind === "truncate"
        ? "close"
        : undefined,
    waitMs: action.kind === "delay" ? 1 : undefined,
  });
});

/** Serves until the test ends; returns the port. */
async function serve(handle: (socket: Socket) => void): Promise<number> {
  const server = createServer(handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A link to a server that answers each chunk; closed when the test ends. */
async function echoLink(): Promise<{ link: Link; port: number }> {
  const target = await serve((socket) => socket.on("error", () => {}).pipe(socket));
  const link = new Link(chunks);
  onTestFinished(() => link.close());
  const address = await link.listen(() => connect(target, "127.0.0.1"));
  return { link, port: Number(new URL(address).port) };
}

test("a link passes bytes in both directions, and the end", async () => {
  const { link, port } = await echoLink();
  const injected = link.arm([]);
  const socket = connect(port, "127.0.0.1").end("hello");
  expect(String(Buffer.concat(await socket.toArray()))).toBe("hello");
  expect(injected).toEqual([]);
});

test.each(["close", "reset", "half-close"] as const)("a link ends a connection by %s", async (kind) => {
  const { link, port } = await echoLink();
  const injected = link.arm([{ direction: "response", unit: 0, action: { kind } }]);
  const socket = connect(port, "127.0.0.1");
  socket.write("hello");
  const read = socket.toArray().then(
    (all) => all.length,
    (error) => error.code,
  );
  expect(await read).toBe(kind === "reset" ? "ECONNRESET" : 0);
  expect(injected).toMatchObject([{ kind }]);
});

/** A client that asks a server through a link. It ends with the answer; and, if it is right, with the connection. */
async function toy(isRight: boolean) {
  const { link, port } = await echoLink();
  return async (faults: readonly Fault[]) => {
    const injected = link.arm(faults);
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {}).write("question");
    const end = new Promise((resolve) => {
      socket.once("data", resolve);
      if (isRight) socket.once("close", resolve);
    });
    const options = { injected, cutsEnd: () => true, patienceMs: 100, boundMs: 1000 };
    const cancel = async () => socket.destroy();
    const problem = await endInTime(end, { ...options, cancel });
    socket.destroy();
    return { problem, end: problem ? "HANGS" : "SUCCEEDED", injected };
  };
}

/** The faults of a trial at units that a short conversation has. */
const early = (faults: readonly Fault[]) => faults.slice(0, 1).map((fault) => ({ ...fault, unit: 0 }));

test("a client that does not notice the end of its connection is found, with the seeds", async () => {
  const [right, wrong] = [await toy(true), await toy(false)];
  const options = { seed: 1, count: 25, lanes: 1 };
  const good = await drill({ ...options, run: ({ faults }) => right(early(faults)) });
  expect(good).toMatchObject({ trials: 25, problems: [] });
  const bad = await drill({ ...options, run: ({ faults }) => wrong(early(faults)) });
  const found = bad.problems.map(({ seed }) => seed);
  const lost = trials
    .slice(1, 26)
    .filter(({ faults: [fault] }) => /close|reset/.test(`${fault?.action.kind}`));
  expect(lost.length).toBeGreaterThan(2);
  expect(found).toEqual(expect.arrayContaining(lost.map(({ seed }) => seed)));
  expect(bad.problems[0]!.problem).toMatch(/^it had not ended 1000 ms after/);
});

test("an error of a trial is a problem", async () => {
  const run = () => Promise.reject(new Error("broken"));
  const report = await drill({ seed: 5, count: 2, lanes: 2, run });
  expect(report.problems.map(({ seed }) => seed).sort()).toEqual([5, 6]);
});
