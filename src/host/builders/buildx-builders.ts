import { basename } from "node:path";
import { create } from "@bufbuild/protobuf";
import { readTypedError } from "../../errors/typed-error.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import { type BuilderRecord, BuilderRecordSchema } from "../../gen/slipway/state/v1/builder_record_pb.js";
import { NodeSpecSchema } from "../../gen/slipway/v1/builder_pb.js";
import { withPeriod } from "../../util/with-period.js";
import type { User } from "../access/user.js";
import { configureNode } from "../nodes/configure-node.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import { type BuildxInstance, readBuildxInstances } from "./buildx-instances.js";

/**
 * The builders that buildx stores for a user, validated by their drivers. A builder that cannot be used is reported as
 * a diagnostic. With a name, only that builder is validated.
 */
export async function findBuildxBuilders(
  plugins: PluginManager,
  user: User,
  name?: string,
): Promise<{ builders: BuilderRecord[]; diagnostics: Diagnostic[] }> {
  const { environment, isLocal } = user;
  // Paths of a user on another machine are meaningless here.
  if (!isLocal) return { builders: [], diagnostics: [] };
  const files = await readBuildxInstances(environment);
  const wanted = files.filter(({ path, instance }) => !name || name === (instance?.name ?? basename(path)));
  const answers = await Promise.all(
    wanted.map(async ({ path, instance, problem }) => {
      if (!instance) return unusable(path, problem);
      return configure(plugins, instance, user, path).catch((cause) => {
        const { message, remedy } = readTypedError(cause);
        return unusable(path, message, remedy);
      });
    }),
  );
  return {
    builders: answers.flatMap((answer) => ("builder" in answer ? [answer.builder] : [])),
    diagnostics: answers.flatMap((answer) => ("diagnostic" in answer ? [answer.diagnostic] : [])),
  };
}

async function configure(
  plugins: PluginManager,
  { name, driver, nodes: specs }: BuildxInstance,
  user: User,
  origin: string,
): Promise<{ builder: BuilderRecord }> {
  const nodes = await Promise.all(
    specs.map(async (init) => {
      const spec = create(NodeSpecSchema, init);
      const names = { builder: name, node: spec.name };
      const { config } = await configureNode(plugins, driver, names, spec, user);
      return config;
    }),
  );
  return { builder: create(BuilderRecordSchema, { name, driver, nodes, origin }) };
}

function unusable(path: string, problem: string, remedy = ""): { diagnostic: Diagnostic } {
  const message = withPeriod(`The buildx instance ${path} cannot be used: ${problem}`);
  return {
    diagnostic: create(DiagnosticSchema, {
      severity: Severity.WARNING,
      reason: "INSTANCE_UNUSABLE",
      message,
      remedy,
    }),
  };
}
