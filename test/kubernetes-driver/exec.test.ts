import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { openTarget } from "../../plugins/kubernetes/src/cluster/open.js";
import { exec } from "../../plugins/kubernetes/src/dial/exec.js";
import { execProtocols } from "../../plugins/kubernetes/src/dial/exec-stream.js";
import type { NodeConfig } from "../../src/driver/index.js";
import { readTypedError } from "../../src/errors/typed-error.js";
import { until } from "../lab/index.js";
import { call, podOf, running, sharedNamespace } from "./harness.js";

const space = sharedNamespace();
let config: NodeConfig;
let pod: string;

beforeAll(async () => {
  config = await running({ options: { namespace: await space() } });
  pod = await podOf(config);
});

const open = (command: string, protocols = execProtocols) =>
  exec(openTarget(config).api, pod, "buildkitd", ["sh", "-c", command], call().signal, protocols);

const size = 48 << 20;
const sha256 = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest("hex");

describe.each([
  ["with half-closes", "v5.channel.k8s.io"],
  ["of Kubernetes before 1.30", "v4.channel.k8s.io"],
])("the protocol %s", (_, protocol) => {
  it("delivers all output before a clean end", async () => {
    const stream = await open(`head -c ${size} /dev/zero; echo the end`, [protocol]);
    const hash = createHash("sha256");
    for await (const chunk of stream) hash.update(chunk);
    const expected = createHash("sha256").update(Buffer.alloc(size)).update("the end\n").digest("hex");
    expect(hash.digest("hex")).toBe(expected);
  });

  it("sends all input", async () => {
    const sent = randomBytes(size);
    const stream = await open(`head -c ${size} | sha256sum`, [protocol]);
    stream.setMaxListeners(0);
    for (let at = 0; at < size; at += 1 << 20)
      if (!stream.write(sent.subarray(at, at + (1 << 20)))) await once(stream, "drain");
    expect(await text(stream)).toContain(sha256(sent));
    stream.destroy();
  });

  it("applies back-pressure while nobody reads", async () => {
    const stream = await open("yes", [protocol]);
    stream.once("readable", () => {});
    await once(stream, "readable");
    const before = process.memoryUsage().rss;
    await sleep(1_500);
    expect(process.memoryUsage().rss - before).toBeLessThan(32 << 20);
    stream.on("error", () => {}).destroy();
  });

  it("applies back-pressure while the command does not read", async () => {
    const stream = await open("sleep 60", [protocol]);
    stream.setMaxListeners(0);
    const chunk = Buffer.alloc(1 << 20);
    let written = 0;
    const writing = (async () => {
      while (!stream.destroyed) {
        if (!stream.write(chunk)) await Promise.race([once(stream, "drain"), once(stream, "close")]);
        written += chunk.length;
      }
    })();
    await sleep(1_500);
    await until("the writer to be held back", async () => {
      const before = written;
      await sleep(1_000);
      return written - before < 4 << 20;
    });
    stream.on("error", () => {}).destroy();
    await writing;
  });

  it("reports how a command failed, with its stderr", async () => {
    const stream = await open("echo out; echo gone wrong >&2; exit 3", [protocol]);
    await expect(text(stream)).rejects.toThrow(/gone wrong.*exit code 3/);
  });
});

it("passes on a half-close, and the output after it", async () => {
  const stream = await open("cat; echo after the end");
  stream.end("before ");
  expect(await text(stream)).toBe("before after the end\n");
});

it("reports a missing pod by name", async () => {
  const { api } = openTarget(config);
  const error = await exec(api, "nobody", "buildkitd", ["true"], call().signal).catch(readTypedError);
  expect(error).toMatchObject({
    reason: "KUBERNETES_NOT_FOUND",
    message: expect.stringContaining('pods "nobody" not found'),
  });
});
