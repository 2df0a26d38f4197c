import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

/** Destroys sessions in the moment of an answer, while other calls on them carry data. */
const source = `
  import { once } from "node:events";
  import { connect, createServer } from "node:http2";
  import { createConnection } from "node:net";
  import { destroySession } from ${JSON.stringify(join(import.meta.dirname, "destroy-session.ts"))};

  const path = process.argv[2];
  const server = createServer().listen(path);
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    if (headers[":path"] === "/answer") {
      stream.respond({}, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      setTimeout(() => stream.end("answer"), 5);
    } else {
      const fill = () => { while (stream.writable && stream.write(Buffer.alloc(65536))); };
      stream.on("drain", fill).respond();
      fill();
    }
  });
  for (let turn = 0; turn < 200; turn++) {
    const connection = createConnection(path);
    const session = connect("http://localhost", { createConnection: () => connection }).on("error", () => {});
    const call = (path) => session.request({ ":method": "POST", ":path": path }).on("error", () => {}).resume();
    const [answer] = ["/answer", "/bulk", "/bulk", "/bulk"].map(call);
    answer.end();
    await once(answer, "trailers");
    destroySession(session, connection, new Error("over"));
    await new Promise((closed) => session.once("close", closed));
  }
  process.exit();
`;

test("a session can be destroyed from a response handler without crashing the process", async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-destroy-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "main.mts");
  await writeFile(file, source);
  const child = fork(file, [join(folder, "s")], { execArgv: ["--import", "tsx"] });
  const [code, signal] = await once(child, "exit");
  expect({ code, signal }).toEqual({ code: 0, signal: null });
});
