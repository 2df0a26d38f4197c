import type { ServiceImpl } from "@connectrpc/connect";
import {
  InstallPluginRequestSchema,
  ListDriversRequestSchema,
  ListPluginsRequestSchema,
  type PluginService,
  VerifyPluginsRequestSchema,
} from "../../gen/slipway/v1/plugin_pb.js";
import { pageOf, readPage } from "../../requests/pages.js";
import type { RepeatedRequests } from "../../requests/repeated-requests.js";
import { principalOf, requireLocal } from "../access/caller.js";
import { describeDriver } from "../plugins/describe-driver.js";
import type { PluginInstaller } from "../plugins/install/plugin-installer.js";
import type { PluginManager } from "../plugins/plugin-manager.js";

/** Clients from before there were pages expect everything. */
const pageSizes = { default: 1000, max: 1000 };

/** slipway.v1.PluginService over the host's plugins. */
export function pluginService(
  plugins: PluginManager,
  installer: PluginInstaller,
  repeated: RepeatedRequests,
): ServiceImpl<typeof PluginService> {
  return {
    async listDrivers(request) {
      const page = readPage(ListDriversRequestSchema, request, pageSizes);
      const { entries, nextPageToken } = pageOf(
        await plugins.describe(),
        ({ descriptor, plugin }) => `${plugin} ${descriptor.name}`,
        page,
      );
      const drivers = entries.map(describeDriver);
      return { drivers, nextPageToken };
    },
    async listPlugins(request) {
      const page = readPage(ListPluginsRequestSchema, request, pageSizes);
      const { entries, nextPageToken } = pageOf(plugins.list(), ({ path, address }) => path || address, page);
      return { plugins: entries, nextPageToken };
    },
    async restartPlugin({ name }) {
      return { plugin: await plugins.restart(name) };
    },
    async installPlugin(request, context) {
      requireLocal(context, "path");
      const principal = principalOf(context).id;
      const call = { desc: InstallPluginRequestSchema, request, principal, signal: context.signal };
      return repeated.answer(call, async () => ({ plugin: await installer.install(request) }));
    },
    async removePlugin({ name }, context) {
      requireLocal(context, "name");
      await installer.remove(name);
      return {};
    },
    async setPluginEnabled({ name, enabled }, context) {
      requireLocal(context, "name");
      return { plugin: await installer.setEnabled(name, enabled) };
    },
    async verifyPlugins(request) {
      const page = readPage(VerifyPluginsRequestSchema, request, pageSizes);
      const verified = await installer.verify(request.names);
      const { entries, nextPageToken } = pageOf(verified, ({ path }) => path, page);
      return { plugins: entries, nextPageToken };
    },
    async attachPlugin({ protocol, protocolVersion, pid, network, address }, context) {
      requireLocal(context, "address");
      const reattach = { protocol, protocolVersion, pid, network, address };
      return { plugin: await plugins.attach(reattach, context.signal) };
    },
    async detachPlugin({ name }, context) {
      requireLocal(context, "name");
      plugins.detach(name);
      return {};
    },
  };
}
