import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { Assignment } from "../nodes/platform-nodes.js";
import { newBuildId } from "./build-id.js";
import { cacheOnlyWarning } from "./cache-only.js";
import type { ExecutionContext } from "./execution.js";
import { multiNodeWarnings, requireMergeable } from "./multi-node/check-outputs.js";
import { checkRegistries } from "./multi-node/check-registries.js";
import { type MergedPush, mergedPushOf } from "./multi-node/merged-push.js";
import { specForNode } from "./multi-node/spec-for-node.js";
import { labelled, type NodePlan } from "./node-build.js";
import { checkDestinations } from "./outputs/check-destinations.js";
import { requireStages } from "./require-stages.js";
import { planSolve } from "./solve-plan.js";
import { attestationsWanted } from "./spec/attestations.js";
import type { CacheImport } from "./spec/caches.js";
import type { Export } from "./spec/exports.js";
import { Features } from "./spec/features.js";
import { platformsOf } from "./spec/frontend.js";
import { asRequestError } from "./spec/problems.js";
import { runLimitWarnings } from "./spec/run-limits.js";

/** What each node does for a build, and what they push together. Immutable. */
export interface BuildPlan {
  readonly nodes: readonly [NodePlan, ...NodePlan[]];
  /** The image that several nodes push; undefined for a single node. */
  readonly push: MergedPush | undefined;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Plans a build for its nodes, and checks that the nodes, image stores and destinations can do it. Throws a typed
 * error for what they cannot.
 */
export async function planBuild(
  context: ExecutionContext,
  assigned: readonly Assignment[],
  cacheImports: readonly CacheImport[],
): Promise<BuildPlan> {
  const { driver, spec } = context;
  const isMultiNode = assigned.length > 1;
  if (isMultiNode) requireMergeable(spec);
  const push = isMultiNode ? mergedPushOf(spec) : undefined;
  if (push && !context.stores.isLocal) await checkRegistries(push, context.configs);
  const drafts = assigned.map((assignment, index) => {
    const others = assigned.filter((other) => other !== assignment).flatMap(({ platforms }) => platforms);
    return draftFor(assignment, { context, cacheImports, others, isFirst: index === 0 });
  });
  const nodes: NodePlan[] = [];
  for (const draft of drafts) {
    await requireStages(draft, context.inputs);
    const exports = await openDestinations(draft.solve.exports, context, { isMultiNode });
    nodes.push({ ...draft, solve: { ...draft.solve, exports } });
  }
  const [first] = nodes;
  return {
    nodes: nodes as [NodePlan, ...NodePlan[]],
    push,
    warnings: [
      ...(isMultiNode ? multiNodeWarnings(spec) : []),
      ...nodes.flatMap(({ node }) => runLimitWarnings(spec, new Features(node.driver, node.status))),
      ...(first?.solve.cacheOnly ? [cacheOnlyWarning(driver)] : []),
    ],
  };
}

interface DraftOptions {
  context: ExecutionContext;
  cacheImports: readonly CacheImport[];
  /** Platforms that other nodes build. */
  others: readonly string[];
  isFirst: boolean;
}

/** The plan for a node as far as it follows from the specification and the node. */
function draftFor(
  { node, platforms }: Assignment,
  { context: { ref, spec, inputs }, cacheImports, others, isFirst }: DraftOptions,
): NodePlan {
  const isMultiNode = others.length > 0;
  const label = isMultiNode ? node.config.node : "";
  try {
    const nodeSpec = isMultiNode ? specForNode(spec, platforms, others) : spec;
    const plan = planSolve(nodeSpec, inputs, cacheImports, node);
    const solve = isMultiNode ? { ...plan, exports: withAnsweredLast(plan.exports) } : plan;
    return { node, label, ref: isFirst ? ref : newBuildId(), platforms, solve };
  } catch (cause) {
    throw labelled(label, asRequestError(cause));
  }
}

/** BuildKit answers with the image of its last exporter; the images of others are known from their archives. */
function withAnsweredLast(exports: readonly Export[]): readonly Export[] {
  const isAnswered = ({ attributes, destination }: Export) =>
    attributes.push === "true" || destination.kind === "layout";
  return exports.toSorted((a, b) => Number(isAnswered(a)) - Number(isAnswered(b)));
}

/** Opens what a node exports to, and returns the exports in the formats that the image stores take. */
async function openDestinations(
  exports: readonly Export[],
  { spec, loads, layouts }: ExecutionContext,
  { isMultiNode }: { isMultiNode: boolean },
): Promise<readonly Export[]> {
  const image = { platforms: platformsOf(spec), attestations: attestationsWanted(spec) };
  const adapted = await loads.open(exports, image);
  await checkDestinations(adapted);
  await layouts.addUnpacked(adapted);
  return isMultiNode ? adapted : loads.layer(adapted, layouts);
}
