import { create } from "@bufbuild/protobuf";
import { readTypedError } from "../../errors/typed-error.js";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { ImplicitBuilder } from "../../gen/slipway/driver/v1/driver_pb.js";
import { PluginState } from "../../gen/slipway/v1/driver_pb.js";
import { capabilityIds, hasCapability } from "../../plugin-protocol/capabilities.js";
import { type Environment, pickVariables } from "../base/user.js";
import type { PluginManager } from "../plugins/plugin-manager.js";

/** A builder that a driver offers without anyone having created it. */
export interface FoundBuilder {
  driver: string;
  builder: ImplicitBuilder;
}

/** Asks every driver that has implicit builders for those of a user's environment. */
export async function findImplicitBuilders(
  plugins: PluginManager,
  environment: Environment,
): Promise<{ found: FoundBuilder[]; diagnostics: Diagnostic[] }> {
  const drivers = await plugins.describe();
  const answers = await Promise.all(
    drivers
      .filter(({ descriptor }) => hasCapability(descriptor, capabilityIds.implicitBuilders))
      .sort((a, b) => a.descriptor.priority - b.descriptor.priority)
      .map(async ({ descriptor }) => {
        const driver = descriptor.name;
        try {
          const lease = await plugins.use(driver);
          try {
            const request = {
              driver,
              environment: pickVariables(environment, descriptor.environmentVariables),
            };
            const { builders, diagnostics } = await lease.driver.listImplicitBuilders(request);
            return { found: builders.map((builder) => ({ driver, builder })), diagnostics };
          } finally {
            lease.release();
          }
        } catch (cause) {
          return { found: [], diagnostics: [driverFailed(driver, cause)] };
        }
      }),
  );
  return {
    found: answers.flatMap((answer) => answer.found),
    diagnostics: [...unusablePlugins(plugins), ...answers.flatMap((answer) => answer.diagnostics)],
  };
}

/** Plugins that cannot be asked, so that builders that are missing from a list are explained. */
function unusablePlugins(plugins: PluginManager): Diagnostic[] {
  const broken = [PluginState.BACKOFF, PluginState.QUARANTINED, PluginState.INVALID];
  return plugins
    .list()
    .filter(({ state }) => broken.includes(state))
    .map(({ name, reason }) =>
      create(DiagnosticSchema, {
        severity: Severity.WARNING,
        reason: "PLUGIN_UNUSABLE",
        message: `plugin ${name} cannot be used: ${reason}`,
        remedy: `see \`slipway plugins\`; \`slipway plugins restart ${name}\` tries again`,
      }),
    );
}

function driverFailed(driver: string, cause: unknown): Diagnostic {
  const { reason, message, remedy } = readTypedError(cause);
  return create(DiagnosticSchema, {
    severity: Severity.WARNING,
    reason,
    message: `driver ${driver} could not list its builders: ${message}`,
    remedy,
  });
}
