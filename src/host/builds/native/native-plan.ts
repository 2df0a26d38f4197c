import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { Diagnostic } from "../../../gen/slipway/common/v1/diagnostic_pb.js";
import { isError, refused } from "../../nodes/findings.js";
import type { RunningNode } from "../../nodes/running-node.js";
import { cacheOnlyWarning } from "../cache-only.js";
import type { ExecutionContext } from "../execution.js";
import { checkDestinations } from "../outputs/check-destinations.js";
import { attestationsWanted } from "../spec/attestations.js";
import { type Export, type Exports, exportsOf } from "../spec/exports.js";
import { Features, unsupported } from "../spec/features.js";
import { platformsOf } from "../spec/frontend.js";
import { type NativeSpec, nativeSpec, withoutSecrets } from "./native-spec.js";

/** What a plugin is asked to build, and where its outputs go. Immutable. */
export interface NativePlan extends NativeSpec, Exports {
  readonly warnings: readonly Diagnostic[];
}

/** Plans a build for a plugin, and checks that the node, the plugin, image stores and destinations support it. */
export async function planNative(
  { spec, inputs, loads, driver }: ExecutionContext,
  node: RunningNode,
  signal: AbortSignal,
): Promise<NativePlan> {
  const features = new Features(driver, node.status);
  const platforms = platformsOf(spec);
  if (platforms.length > 1)
    features.require("multi-platform", "spec.platforms", "A build for several platforms");
  // The plugin gets annotations as their own field, not as attributes of outputs.
  const withoutAnnotations = { ...spec, annotations: {} };
  const { exports, cacheOnly } = exportsOf(withoutAnnotations, node.status.buildDefaults, features);
  exports.forEach(requireNoMirror);
  const adapted = await loads.open(exports, { platforms, attestations: attestationsWanted(spec) });
  await checkDestinations(adapted);
  const native = await nativeSpec(spec, inputs, adapted);
  const findings = await checkBuild(node, native.spec, signal);
  const warnings = cacheOnly ? [...findings, cacheOnlyWarning(driver)] : findings;
  return { ...native, exports: adapted, cacheOnly, warnings };
}

function requireNoMirror({ destination, attributes, output }: Export): void {
  if (destination.kind !== "folder" || attributes.mode !== "delete") return;
  throw unsupported(`spec.outputs[${output}].attributes[mode]`, "mode=delete needs BuildKit.");
}

/** Lets the plugin check the specification; throws its errors, and returns its warnings. */
async function checkBuild(
  { driver, config, plugin }: RunningNode,
  spec: BuildSpec,
  signal: AbortSignal,
): Promise<Diagnostic[]> {
  const request = { driver, config, spec: withoutSecrets(spec) };
  const { diagnostics } = await plugin.nativeBuild.checkBuild(request, { signal });
  if (diagnostics.some(isError)) throw refused(diagnostics, "spec");
  return diagnostics;
}
