import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type Diagnostic, Severity } from "../../../gen/slipway/common/v1/diagnostic_pb.js";
import { NodeState } from "../../../gen/slipway/common/v1/node_state_pb.js";
import type { BuilderInstance, Node } from "../../../gen/slipway/v1/builder_pb.js";
import { type Finding, ok, problem, warning } from "../../../host/diagnosis/finding.js";
import { withPeriod } from "../../../util/with-period.js";
import { allBuilders } from "../../list-all.js";
import { askHost, type DoctorCheck } from "../doctor-check.js";

/** The nodes of all builders answer, and the builder that the environment names exists. */
export const builders: DoctorCheck = {
  id: "builders",
  group: "Builders",
  run: (context) =>
    askHost(context, "The builders", async ({ builders: service, environment }) => {
      // Less than the check's own limit, so that the nodes that answer are shown.
      const timeout = durationFromMs(context.timeoutMs * 0.8);
      const { builders, diagnostics } = await allBuilders(service, { environment, inspect: true, timeout });
      const findings = builders.flatMap(findingsOf);
      return [...findings, ...diagnostics.flatMap(toFinding), ...checkNamed(builders, context.env)];
    }),
};

/** What is wrong with a builder and its nodes. */
export function findingsOf(builder: BuilderInstance): Finding[] {
  const { name, driver, error, nodes } = builder;
  if (error) {
    const { reason, message, remedy } = error;
    return [{ ...problem(withPeriod(`The builder ${name} cannot be used: ${message}`), remedy), reason }];
  }
  if (nodes.length === 0)
    return [problem(`The builder ${name} has no nodes.`, `Remove it: slipway rm ${name}`)];
  return nodes.map((node) => {
    const which = `${name} (${driver}${nodes.length > 1 ? `, node ${node.spec?.name}` : ""})`;
    return findingOfNode(node, which, builder);
  });
}

function findingOfNode(
  { status, error, buildkitVersion }: Node,
  which: string,
  builder: BuilderInstance,
): Finding {
  const isUnreachable = status?.state === NodeState.UNREACHABLE;
  if (error || isUnreachable) {
    // Nobody asked for a builder that a driver or buildx offers, unless it is the current one.
    const isOffered = (builder.implicit || builder.origin !== "") && !builder.current;
    const { reason, message, remedy } = error ?? status ?? {};
    const found = (isOffered ? warning : problem)(
      withPeriod(`The builder ${which} does not answer: ${message}`),
      remedy,
    );
    return { ...found, reason: reason || undefined };
  }
  if (status?.state !== NodeState.RUNNING)
    return ok(`The builder ${which} is not running; a build starts it.`);
  const facts = [status.backend, buildkitVersion && `BuildKit ${buildkitVersion}`].filter(Boolean).join(", ");
  return ok(`The builder ${which} answers${facts && `: ${facts}`}.`);
}

function toFinding({ severity, message, remedy, reason }: Diagnostic): Finding[] {
  if (severity === Severity.INFO) return [];
  const found = (severity === Severity.WARNING ? warning : problem)(withPeriod(message), remedy || undefined);
  return [{ ...found, reason }];
}

function checkNamed(
  listed: readonly BuilderInstance[],
  { BUILDX_BUILDER: named }: NodeJS.ProcessEnv,
): Finding[] {
  if (named && !listed.some(({ name }) => name === named))
    return [
      problem(
        `BUILDX_BUILDER names the builder ${named}, which does not exist.`,
        "Correct the variable, or unset it.",
      ),
    ];
  if (named || listed.some(({ current }) => current)) return [];
  return [
    warning(
      "No builder is the default.",
      "Choose one with `slipway use NAME`, or create one with `slipway create --use`.",
    ),
  ];
}
