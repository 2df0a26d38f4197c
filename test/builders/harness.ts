import type { MessageInitShape } from "@bufbuild/protobuf";
import { onTestFinished } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import type { BuilderInstance, NodeSpecSchema } from "../../src/gen/slipway/v1/builder_pb.js";
import type { TestHost } from "../host/host.js";
import { lab, type RunningBuildkitd, startBuildkitd } from "../lab/index.js";

/** A node as tests write it. */
export type NodeInit = MessageInitShape<typeof NodeSpecSchema>;

/** An endpoint where nothing listens. */
export const nowhere = "tcp://127.0.0.1:1";

/** Creates a builder of the remote driver; its node is the lab's daemon by default. */
export async function createRemote(
  host: TestHost,
  name: string,
  node: NodeInit = {},
): Promise<BuilderInstance> {
  const endpoint = lab().buildkitd.address;
  const { builder } = await host.builders.createBuilder({
    name,
    driver: "remote",
    node: { endpoint, ...node },
  });
  return builder!;
}

/** Starts a daemon, and stops it when the test ends. */
export async function daemon(listen: "unix" | "tcp" = "unix"): Promise<RunningBuildkitd> {
  const buildkitd = await startBuildkitd({ listen });
  onTestFinished(() => buildkitd.stop());
  return buildkitd;
}

/** The typed error of a call. Throws when the call succeeds. */
export async function failure(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    return readTypedError(error);
  }
  throw new Error("The call succeeded.");
}

/** The stored builders of a host, for comparison. */
export async function storedBuilders(host: TestHost): Promise<unknown> {
  const { builders } = await host.builders.listBuilders({});
  return builders
    .filter(({ implicit }) => !implicit)
    .map(({ name, driver, current, nodes }) => ({
      name,
      driver,
      current,
      nodes: nodes.map(({ spec }) => spec),
    }));
}

/** Names and platforms of a builder's nodes. */
export function nodesOf(builder: BuilderInstance | undefined): Record<string, string[]> {
  return Object.fromEntries((builder?.nodes ?? []).map(({ spec }) => [spec!.name, spec!.platforms]));
}
