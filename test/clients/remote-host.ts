import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startHost, type TestHost } from "../host/host.js";
import { freePort, tempDir } from "../lab/index.js";
import { startProxy } from "./proxy.js";

/** A host that clients reach on TCP, through a proxy. */
export interface RemoteHost {
  host: TestHost;
  port: number;
  proxy: Awaited<ReturnType<typeof startProxy>>;
  token: string;
  tokenFile: string;
}

/** Starts a host on TCP with a token, and further arguments of `slipway serve`. */
export async function startRemoteHost(args: string[] = []): Promise<RemoteHost> {
  const token = randomBytes(16).toString("hex");
  const tokenFile = join(await tempDir(), "token");
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
  const port = await freePort();
  const tcp = ["--tcp", `127.0.0.1:${port}`, "--token-file", tokenFile];
  const host = await startHost({ args: [...tcp, ...args] });
  return { host, port, proxy: await startProxy(() => port), token, tokenFile };
}
