import type { Inputs } from "./inputs/inputs.js";
import { dockerfileLines } from "./logins/dockerfile-lines.js";
import { readDockerfile } from "./logins/read-dockerfile.js";
import type { NodePlan } from "./node-build.js";
import { Features } from "./spec/features.js";

/**
 * Throws FAILED_PRECONDITION, reason FEATURE_UNSUPPORTED, for a Dockerfile without a stage on a node that does not survive
 * it: one with nothing but ARG, which BuildKit's own frontend reads. The frontend of a `# syntax=` line runs in a container
 * and harms only its build. Dockerfiles that the host cannot read are passed on.
 */
export async function requireStages(
  { node, solve: { frontend } }: Pick<NodePlan, "node" | "solve">,
  { locals }: Pick<Inputs, "locals">,
): Promise<void> {
  const features = new Features(node.driver, node.status);
  const { name, attributes } = frontend;
  if (features.has("dockerfile.without-stages") || name !== "dockerfile.v0") return;
  const text = await readDockerfile(attributes, locals);
  if (text === undefined) return;
  const { instructions, syntax } = dockerfileLines(text);
  // With "cmdline" BuildKit looks for no syntax.
  if (syntax && !attributes.cmdline) return;
  if (instructions.length === 0 || !instructions.every((line) => /^ARG\s/i.test(line))) return;
  features.require("dockerfile.without-stages", "spec.dockerfile", "A Dockerfile without FROM");
}
