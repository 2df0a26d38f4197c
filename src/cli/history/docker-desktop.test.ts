import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { importRecords } from "./docker-desktop.js";

async function socketPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-desktop-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, "desktop.sock");
}

/** A server in place of Docker Desktop, which no package repository has. */
async function desktop(answer: RequestListener): Promise<string> {
  const socket = await socketPath();
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => void server.close());
  return socket;
}

test("sends an archive, and returns the pages of its records", async () => {
  const socket = await desktop(async (request, response) => {
    const body = await text(request);
    response.end(JSON.stringify([`${request.method}${request.url}`, request.headers.host, body]));
  });
  expect(await importRecords(Readable.from(["some ", "bytes"], { objectMode: false }), socket)).toEqual([
    "docker-desktop://dashboard/build/.imported/_/POST/upload",
    "docker-desktop://dashboard/build/.imported/_/docker-desktop",
    "docker-desktop://dashboard/build/.imported/_/some bytes",
  ]);
});

test.each([
  ["refuses the archive", 400, "no index\n", "failed to import build: no index"],
  ["says nothing", 500, "", "failed to import build: status 500"],
  ["answers with no JSON", 200, "<html>", "its answer cannot be read"],
  ["answers with something else", 200, "{}", "not a list of builds"],
])("Docker Desktop %s", async (_, status, body, message) => {
  const socket = await desktop((request, response) => {
    request.resume();
    response.writeHead(status).end(body);
  });
  const failure = await importRecords(Readable.from([Buffer.from("x")]), socket).catch((cause) => cause);
  expect(failure).toMatchObject({ reason: "RECORDS_INVALID", message: expect.stringContaining(message) });
});

test("without Docker Desktop nothing is read, and the error says why", async () => {
  const archive = Readable.from(["x"]);
  const failure = await importRecords(archive, await socketPath()).catch((cause) => cause);
  expect(failure).toMatchObject({
    reason: "DESKTOP_MISSING",
    message: expect.stringContaining("can only be imported into Docker Desktop"),
    remedy: expect.stringContaining("BuildKit itself takes no records"),
  });
  expect(archive.readableDidRead).toBe(false);
});
