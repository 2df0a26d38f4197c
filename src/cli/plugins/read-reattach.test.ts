import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import { formatReattach, type Reattach } from "../../plugin-protocol/reattach.js";
import { readReattach } from "./read-reattach.js";

const reattach: Reattach = {
  protocol: "grpc",
  protocolVersion: 1,
  pid: 4711,
  network: "unix",
  address: "/tmp/x/plugin4711",
};
const text = formatReattach(reattach);

const unread = () => {
  throw new Error("stdin was read");
};

it("reads the argument itself, and a file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sw-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "reattach.json");
  writeFileSync(file, `${text}\n`);
  expect(await readReattach(text, unread)).toEqual(reattach);
  expect(await readReattach(` ${text}\n`, unread)).toEqual(reattach);
  expect(await readReattach(file, unread)).toEqual(reattach);
});

it("reads stdin until the JSON is complete", async () => {
  const stdin = new PassThrough();
  const read = readReattach("-", () => stdin);
  const pretty = JSON.stringify(JSON.parse(text), undefined, 2);
  stdin.write(pretty.slice(0, 20));
  stdin.write(pretty.slice(20));
  expect(await read).toEqual(reattach);
});

it.each<[string, string, string?]>([
  ["nowhere.json", "ENOENT"],
  ["{", "it is not a JSON object"],
  ["{}", "Addr must be an object"],
  ["-", "it is not a JSON object", ""],
  ["-", "it is not a JSON object", text.slice(1)],
  ["-", "it is not a JSON object", "[".repeat(100_000)],
])("refuses %s", async (argument, problem, input = "") => {
  await expect(readReattach(argument, () => Readable.from([Buffer.from(input)]))).rejects.toMatchObject({
    reason: "REATTACH_INVALID",
    message: expect.stringContaining(problem),
  });
});
