import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import type { TraceContext } from "../../base/trace-context.js";
import { passedSpan, type Span, type Tracer } from "../../base/tracer.js";
import { redactionOfSpec } from "../redaction/secrets.js";

/**
 * The span of a build, from its first check on. A host that exports no traces passes the caller's span on. Undefined when
 * nobody traces.
 */
export function buildSpan(
  tracer: Tracer | undefined,
  parent: TraceContext | undefined,
  spec: BuildSpec,
): Span | undefined {
  if (!tracer) return parent && passedSpan(parent);
  const redaction = redactionOfSpec(spec);
  const work = {
    name: "BUILD build",
    kind: "server",
    attributes: { "cicd.pipeline.name": "build", "cicd.pipeline.action.name": "BUILD" },
    parent,
  } as const;
  return tracer.start(work, (text) => redaction.text(text));
}
