import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type UpgradeConfigRequest,
  UpgradeConfigResponseSchema,
  ValidateResponseSchema,
} from "../gen/slipway/driver/v1/driver_pb.js";
import { type NodeConfig, NodeConfigSchema } from "../gen/slipway/driver/v1/node_pb.js";
import { configVersionOf } from "../plugin-protocol/config-version.js";
import type { Call } from "./call.js";
import type { AnyDriver } from "./driver.js";
import { requestError } from "./driver-error.js";

/** Has a driver upgrade a stored configuration, and returns its normal form with the findings of both steps. */
export async function upgradeConfig(
  driver: AnyDriver,
  { fromVersion }: UpgradeConfigRequest,
  config: NodeConfig,
  call: Call,
): Promise<MessageInitShape<typeof UpgradeConfigResponseSchema>> {
  const version = configVersionOf(driver.descriptor);
  if (fromVersion < 1 || fromVersion >= version) throw notEarlier(driver, fromVersion, version);
  const upgraded = create(
    UpgradeConfigResponseSchema,
    await driver.upgradeConfig!(config, fromVersion, call),
  );
  if (!upgraded.config) return upgraded;
  const { builder, node } = config;
  const given = create(NodeConfigSchema, { ...upgraded.config, builder, node });
  const checked = create(ValidateResponseSchema, await driver.validate(given, {}, call));
  return { config: checked.config, diagnostics: [...upgraded.diagnostics, ...checked.diagnostics] };
}

function notEarlier({ descriptor: { name } }: AnyDriver, from: number, version: number) {
  const message = `The configuration of the driver ${name} has version ${version}, so it cannot be upgraded from version ${from}.`;
  return requestError("from_version", "CONFIG_VERSION_INVALID", message);
}
