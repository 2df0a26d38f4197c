import type { BuilderInstance, Node } from "../../gen/slipway/v1/builder_pb.js";
import { GoMap, NilPointer, Struct, type Value } from "../../template/values.js";
import { jsonLine } from "../output/format.js";
import { timeValue } from "../output/time-value.js";
import { builderJson, driverOptions, nodePlatforms, nodeReason, nodeState } from "./node-state.js";

/** A builder as a value of templates, with buildx's names. */
export function builderValue(builder: BuilderInstance): Struct {
  const { name, driver, current, description, origin, nodes, error, lastUseTime } = builder;
  return new Struct(
    "builder",
    {
      Name: name,
      Driver: driver,
      Current: current,
      Dynamic: nodes.some((node) => (node.status?.dynamicNodes.length ?? 0) > 0),
      LastActivity: timeValue(lastUseTime && { ...lastUseTime, nanos: 0 }),
      Description: description,
      Origin: origin,
      Nodes: nodes.map(nodeValue),
      Err: error?.message ?? null,
    },
    { json: () => jsonLine(builderJson(builder)).trimEnd() },
  );
}

function nodeValue(node: Node): Value {
  const { spec, buildkitVersion, workers, error } = node;
  const state = nodeState(node);
  return new Struct("node", {
    Name: spec?.name ?? "",
    Endpoint: spec?.endpoint ?? "",
    BuildkitdFlags: spec?.daemonFlags ?? [],
    DriverOpts: GoMap.ofTexts(driverOptions(node)),
    DriverInfo: state === "" ? new NilPointer("*driver.Info") : new Struct("driver.Info", { Status: state }),
    Status: state,
    Reason: nodeReason(node),
    Version: buildkitVersion,
    Err: error?.message ?? null,
    IDs: workers.map(({ id }) => id),
    Platforms: nodePlatforms(node).map((platform) => platform.replace("*", "")),
    Labels: GoMap.ofTexts(workers[0]?.labels ?? {}),
  });
}
