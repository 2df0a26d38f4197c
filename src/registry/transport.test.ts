import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { RegistryTransport } from "./transport.js";

test("an abort ends a request while the trusted certificates are read, which is done once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-transport-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  // A pipe can be read when somebody writes to it.
  const certificates = join(folder, "pipe");
  execFileSync("mkfifo", [certificates]);
  vi.stubEnv("SSL_CERT_FILE", certificates);
  vi.stubEnv("SSL_CERT_DIR", "");
  onTestFinished(() => void vi.unstubAllEnvs());
  // Nobody listens there.
  const transport = new RegistryTransport({ host: "127.0.0.1:1", insecure: false });
  const send = (signal: AbortSignal) => transport.send("test", { method: "GET", path: "/v2/" }, signal);
  const first = send(AbortSignal.abort(new Error("enough")));
  await expect(first).rejects.toThrow("enough");
  await writeFile(certificates, "");
  for (let request = 0; request < 2; request += 1)
    await expect(send(new AbortController().signal)).rejects.toThrow("ECONNREFUSED");
});
