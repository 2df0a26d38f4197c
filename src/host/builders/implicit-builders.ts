import { create } from "@bufbuild/protobuf";
import { readTypedError } from "../../errors/typed-error.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { ImplicitBuilder } from "../../gen/slipway/driver/v1/driver_pb.js";
import { type BuilderRecord, BuilderRecordSchema } from "../../gen/slipway/state/v1/builder_record_pb.js";
import { PluginState } from "../../gen/slipway/v1/plugin_pb.js";
import { pluginPages } from "../../plugin-client/pages.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import { withPeriod } from "../../util/with-period.js";
import { type Environment, pickVariables } from "../access/user.js";
import type { PluginManager } from "../plugins/plugin-manager.js";

/** The builders that drivers offer without anyone having created them. */
export interface ImplicitBuilders {
  builders: BuilderRecord[];
  /** The one that the user's environment selects. */
  selected: BuilderRecord | undefined;
  /** Why builders may be missing. */
  diagnostics: Diagnostic[];
}

/** Asks the drivers for their implicit builders on the first call only. */
export type AskDrivers = () => Promise<ImplicitBuilders>;

/** The implicit builders for a user's environment; the drivers are not asked before the answer matters. */
export function lazyImplicitBuilders(plugins: PluginManager, environment: Environment): AskDrivers {
  let answer: Promise<ImplicitBuilders> | undefined;
  return () => {
    answer ??= findImplicitBuilders(plugins, environment);
    return answer;
  };
}

async function findImplicitBuilders(
  plugins: PluginManager,
  environment: Environment,
): Promise<ImplicitBuilders> {
  const drivers = await plugins.describe();
  const answers = await Promise.all(
    drivers
      .filter(({ descriptor }) => hasCapability(descriptor, capabilityIds.implicitBuilders))
      .map(({ descriptor }) => askDriver(plugins, descriptor, environment)),
  );
  const builders = answers.flatMap((answer) => answer.builders);
  return {
    builders,
    selected: builders.find(({ current }) => current),
    diagnostics: [...unusablePlugins(plugins), ...answers.flatMap((answer) => answer.diagnostics)],
  };
}

async function askDriver(
  plugins: PluginManager,
  { name: driver, environmentVariables }: DriverDescriptor,
  environment: Environment,
): Promise<Pick<ImplicitBuilders, "builders" | "diagnostics">> {
  try {
    const plugin = await plugins.use(driver);
    try {
      const request = { driver, environment: pickVariables(environment, environmentVariables) };
      const builders: BuilderRecord[] = [];
      let diagnostics: Diagnostic[] = [];
      for await (const answer of pluginPages(driver, (page) =>
        plugin.driver.listImplicitBuilders({ ...request, ...page }),
      )) {
        builders.push(...answer.builders.map((builder) => toRecord(driver, builder)));
        // The same on every page.
        diagnostics = answer.diagnostics;
      }
      return { builders, diagnostics };
    } finally {
      plugin.release();
    }
  } catch (cause) {
    return { builders: [], diagnostics: [driverFailed(driver, cause)] };
  }
}

function toRecord(driver: string, { config, current, description }: ImplicitBuilder): BuilderRecord {
  const name = config?.builder ?? "";
  return create(BuilderRecordSchema, {
    name,
    driver,
    nodes: config ? [config] : [],
    implicit: true,
    current,
    description,
  });
}

/** Reports plugins that cannot be asked, since their builders are missing from the list. */
function unusablePlugins(plugins: PluginManager): Diagnostic[] {
  const broken = [PluginState.BACKOFF, PluginState.QUARANTINED, PluginState.INVALID];
  return plugins
    .list()
    .filter(({ state }) => broken.includes(state))
    .map(({ name, reason }) =>
      create(DiagnosticSchema, {
        severity: Severity.WARNING,
        reason: "PLUGIN_UNUSABLE",
        message: withPeriod(`The plugin ${name} cannot be used: ${reason}`),
        remedy: `Call ListPlugins for details; call RestartPlugin for the plugin ${name} to try again.`,
      }),
    );
}

function driverFailed(driver: string, cause: unknown): Diagnostic {
  const { reason, message, remedy } = readTypedError(cause);
  return create(DiagnosticSchema, {
    severity: Severity.WARNING,
    reason,
    message: withPeriod(`The driver ${driver} could not list its builders: ${message}`),
    remedy,
  });
}
