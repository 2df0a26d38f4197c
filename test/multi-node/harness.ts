import { afterAll, beforeAll } from "vitest";
import type { BuildResult } from "../../src/gen/slipway/build/v1/build_result_pb.js";
import { contextOf, fromPath, type SpecInit } from "../host/build.js";
import { shareHost, startHost, type TestHost } from "../host/host.js";
import {
  must,
  type RunningBuildkitd,
  type RunningRegistry,
  startBuildkitd,
  startRegistry,
} from "../lab/index.js";

/** Two daemons and a registry for one test file. */
export interface Backends {
  amd: RunningBuildkitd;
  arm: RunningBuildkitd;
  registry: RunningRegistry;
}

/** Starts the backends before the tests of a file, and stops them afterwards. */
export function backends(): Backends {
  const all = {} as Backends;
  beforeAll(async () => {
    const started = await Promise.all([startBuildkitd(), startBuildkitd(), startRegistry()]);
    [all.amd, all.arm, all.registry] = started;
  });
  afterAll(() => Promise.all(Object.values(all).map((backend) => backend.stop())));
  return all;
}

/** Starts a host with the builder "pair" on both daemons. */
export async function startPair({ amd, arm }: Backends): Promise<TestHost> {
  const host = await startHost();
  await createPair(host, { amd: amd.address, arm: arm.address });
  return host;
}

/** The same, for all tests of a file. */
export function sharePair(all: Backends): () => TestHost {
  const host = shareHost();
  beforeAll(() => createPair(host(), { amd: all.amd.address, arm: all.arm.address }));
  return host;
}

/** Creates the builder "pair" with two nodes, "amd" and "arm". */
export async function createPair(
  { builders }: TestHost,
  addresses: { amd: string; arm: string },
  platforms: { amd?: string[]; arm?: string[] } = { amd: ["linux/amd64"], arm: ["linux/arm64"] },
): Promise<void> {
  const node = (name: "amd" | "arm") => ({
    name,
    endpoint: addresses[name],
    platforms: platforms[name] ?? [],
  });
  await builders.createBuilder({ name: "pair", driver: "remote", node: node("amd") });
  await builders.appendNode({ builder: "pair", node: node("arm") });
}

/** An image without RUN, so that no platform needs emulation. A file in it names the platform. */
const platformFile = [
  "FROM scratch",
  "ARG TARGETPLATFORM TARGETARCH",
  "COPY $TARGETARCH.txt /platform.txt",
  "COPY common.txt /common.txt",
].join("\n");

/** The fields of a specification. */
export type SpecFields = Extract<SpecInit, { $typeName?: undefined }>;

/** The context of that image; removed after the test. */
export function platformContext(): Promise<string> {
  return contextOf({
    Dockerfile: platformFile,
    "amd64.txt": "amd64\n",
    "arm64.txt": "arm64\n",
    "common.txt": "common\n",
  });
}

/** The specification of a build of that image on both nodes. */
export async function bothPlatforms(more: SpecFields = {}): Promise<SpecFields> {
  return {
    builder: "pair",
    context: fromPath(await platformContext()),
    platforms: ["linux/amd64", "linux/arm64"],
    ...more,
  };
}

/** An output that pushes. */
export const push = { type: "registry" };

/** An index or manifest, read by skopeo. */
export async function rawManifest(reference: string, ...more: string[]): Promise<RawIndex> {
  const { stdout } = await must("skopeo", [
    "inspect",
    "--raw",
    "--tls-verify=false",
    ...more,
    `docker://${reference}`,
  ]);
  return JSON.parse(stdout);
}

/** The fields of an index that tests check. */
export interface RawIndex {
  mediaType: string;
  annotations?: Record<string, string>;
  manifests: {
    mediaType: string;
    digest: string;
    platform: { os: string; architecture: string };
    annotations?: Record<string, string>;
  }[];
}

/** The platforms of an index in order, without attestations. */
export function platformsIn({ manifests }: RawIndex): string[] {
  return manifests
    .map(({ platform }) => `${platform.os}/${platform.architecture}`)
    .filter((platform) => platform !== "unknown/unknown");
}

/** The digest of a tag, from the registry's API; undefined when the tag does not exist. */
export async function digestOf(
  registry: string,
  repository: string,
  tag: string,
): Promise<string | undefined> {
  const accept =
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json";
  const url = `http://${registry}/v2/${repository}/manifests/${tag}`;
  const answer = await fetch(url, { method: "HEAD", headers: { accept } });
  return answer.ok ? (answer.headers.get("docker-content-digest") ?? "") : undefined;
}

/** The descriptor in a result. */
export function descriptorOf({ exporterResponse }: BuildResult): { digest: string; size: number } {
  return JSON.parse(Buffer.from(exporterResponse["containerimage.descriptor"] ?? "", "base64").toString());
}
