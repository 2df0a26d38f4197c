import type { ServiceImpl } from "@connectrpc/connect";
import type { DriverService } from "../../gen/slipway/v1/driver_pb.js";
import { requireLocal } from "../access/caller.js";
import type { PluginManager } from "../plugins/plugin-manager.js";

/** slipway.v1.DriverService over the host's plugins. */
export function driverService(plugins: PluginManager): ServiceImpl<typeof DriverService> {
  return {
    async listDrivers() {
      const drivers = await plugins.describe();
      return {
        drivers: drivers.map(({ descriptor, plugin }) => ({ driverDescriptor: descriptor, plugin })),
      };
    },
    async listPlugins() {
      return { plugins: plugins.list() };
    },
    async restartPlugin({ name }) {
      return { plugin: await plugins.restart(name) };
    },
    async installPlugin(request, context) {
      requireLocal(context, "path");
      return { plugin: await plugins.install(request) };
    },
    async removePlugin({ name }, context) {
      requireLocal(context, "name");
      await plugins.remove(name);
      return {};
    },
    async setPluginEnabled({ name, enabled }, context) {
      requireLocal(context, "name");
      return { plugin: await plugins.setEnabled(name, enabled) };
    },
    async verifyPlugins({ names }) {
      return { plugins: await plugins.verify(names) };
    },
  };
}
