import type { ServiceImpl } from "@connectrpc/connect";
import type { DriverService } from "../../gen/slipway/v1/driver_pb.js";
import type { PluginManager } from "../plugins/plugin-manager.js";

/** slipway.v1.DriverService over the host's plugins. */
export function driverService(plugins: PluginManager): ServiceImpl<typeof DriverService> {
  return {
    async listDrivers() {
      const drivers = await plugins.describe();
      return { drivers: drivers.toSorted((a, b) => a.descriptor.priority - b.descriptor.priority) };
    },
    async listPlugins() {
      return { plugins: plugins.list() };
    },
    async restartPlugin({ name }) {
      return { plugin: await plugins.restart(name) };
    },
  };
}
