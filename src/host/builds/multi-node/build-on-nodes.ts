import type { CredentialProvider } from "../../../config/credential.js";
import type { BuildResult } from "../../../gen/slipway/build/v1/build_result_pb.js";
import { allOrAbort } from "../../../util/all-or-abort.js";
import { digestKey } from "../exporter-response.js";
import type { Layouts } from "../layouts.js";
import { buildOnNode, type NodeBuildOptions, type NodePlan } from "../node-build.js";
import type { SinkOptions } from "../outputs/sinks.js";
import { mergeResults } from "./merge-results.js";
import type { MergedPush } from "./merged-push.js";
import { MergedSinks } from "./merged-sinks.js";
import { publishIndex } from "./publish-index.js";

/** What {@link buildOnNodes} works with. */
export interface MultiNodeOptions extends NodeBuildOptions {
  readonly sinks: SinkOptions;
  readonly layouts: Layouts;
  readonly push: MergedPush | undefined;
  readonly credentials: readonly CredentialProvider[];
  /** The client is on the unix socket. */
  readonly isLocal: boolean;
}

/** Builds on several nodes in parallel, and merges what they made. When one fails, the others are cancelled. */
export async function buildOnNodes(
  plans: readonly NodePlan[],
  options: MultiNodeOptions,
  signal: AbortSignal,
): Promise<BuildResult> {
  const { layouts, push, credentials, events, isLocal } = options;
  const sinks = new MergedSinks(plans.length, plans[0]!.solve.exports, options.sinks);
  const outcomes = await allOrAbort([...plans.entries()], signal, async ([index, plan], either) => {
    try {
      const outcome = await buildOnNode(plan, sinks.of(index), options, either);
      sinks.ended(index);
      return outcome;
    } catch (cause) {
      await sinks.destroy(cause as Error);
      throw cause;
    }
  });
  const responses = outcomes.map(({ exporterResponse }) => exporterResponse);
  const unpacked = await layouts.finish(responses);
  const digests = responses.map((response) => response[digestKey]!);
  const user = { isLocal, configs: plans.map(({ node }) => node.config) };
  const pushed = push && (await publishIndex(digests, push, user, credentials, events, signal));
  return mergeResults(plans, outcomes, {
    descriptor: pushed ?? unpacked ?? sinks.descriptor,
    names: push?.targets.map(({ name }) => name),
  });
}
