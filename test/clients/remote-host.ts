import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { startHost, type TestHost } from "../host/host.js";
import { freePort, lab, tempDir, until } from "../lab/index.js";
import { startProxy } from "./proxy.js";

/** A host on TCP, behind a proxy, with the running builder "present". */
export interface RemoteHost {
  host: TestHost;
  port: number;
  proxy: Awaited<ReturnType<typeof startProxy>>;
  token: string;
  tokenFile: string;
}

/** Starts a host on TCP with a token and additional arguments of `slipway serve`. */
export async function startRemoteHost(args: string[] = []): Promise<RemoteHost> {
  const token = randomBytes(16).toString("hex");
  const tokenFile = join(await tempDir(), "token");
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
  const port = await freePort();
  const tcp = ["--tcp", `127.0.0.1:${port}`, "--token-file", tokenFile];
  const host = await startHost({ args: [...tcp, ...args] });
  // The environment of remote callers selects no engine.
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "present", driver: "remote", node });
  return { host, port, proxy: await startProxy(() => port), token, tokenFile };
}

/** Waits until the host runs a build. */
export async function untilBuilding({ builds: service }: TestHost): Promise<void> {
  const isBuilding = async () => {
    const { builds } = await service.listBuilds({ states: [BuildState.RUNNING] });
    return builds.length > 0;
  };
  await until("the build to run", isBuilding);
}
