import { mkdir } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import type { HostProcess } from "../host-process.js";
import { Link } from "./link.js";
import { chunks, http2Frames } from "./units.js";

/** What one trial at a time uses: links, a folder, and builders whose connections to BuildKit pass the links. */
export interface Lane {
  name: string;
  links: { unix: Link; tcp: Link; client: Link; registry: Link };
  /** Socket of the host behind the link `client`. */
  clientSocket: string;
  /** `host:port` of the registry behind its link. */
  registry: string;
  /** For contexts and outputs. */
  folder: string;
  close(): Promise<void>;
}

/** Where the links of a lane lead. */
export interface LaneTargets {
  host: HostProcess;
  /** Socket of BuildKit. */
  buildkit: string;
  /** `host:port` of the registry. */
  registry: string;
}

/**
 * Opens a lane, and creates its builders on the host: NAME-unix and NAME-tcp with one node each, and NAME-both with a
 * node on each link.
 */
export async function openLane(
  name: string,
  folder: string,
  { host, buildkit, registry }: LaneTargets,
): Promise<Lane> {
  await mkdir(folder, { mode: 0o700 });
  const links = {
    unix: new Link(http2Frames),
    tcp: new Link(http2Frames),
    client: new Link(http2Frames),
    registry: new Link(chunks),
  };
  const toBuildkit = () => createConnection(buildkit);
  const unix = await links.unix.listen(toBuildkit, join(folder, "b"));
  const tcp = await links.tcp.listen(toBuildkit);
  const clientSocket = join(folder, "h");
  await links.client.listen(() => createConnection(host.socket), clientSocket);
  const [hostname, port] = registry.split(":") as [string, string];
  const registryAddress = await links.registry.listen(() => createConnection(Number(port), hostname));

  const { builders } = host.clients;
  const create = (kind: string, endpoint: string, platforms: string[] = []) =>
    builders.createBuilder({
      name: `${name}-${kind}`,
      driver: "remote",
      node: { name: `${name}-${kind}-1`, endpoint, platforms },
    });
  await create("unix", unix);
  await create("tcp", tcp);
  await create("both", unix, ["linux/amd64"]);
  const second = { name: `${name}-both-2`, endpoint: tcp, platforms: ["linux/arm64"] };
  await builders.appendNode({ builder: `${name}-both`, node: second });

  return {
    name,
    links,
    clientSocket,
    registry: new URL(registryAddress).host,
    folder,
    close: async () => void (await Promise.all(Object.values(links).map((link) => link.close()))),
  };
}
