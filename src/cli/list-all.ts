import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Diagnostic } from "../gen/slipway/common/v1/diagnostic_pb.js";
import type { BuilderInstance, ListBuildersRequestSchema } from "../gen/slipway/v1/builder_pb.js";
import type { Driver } from "../gen/slipway/v1/driver_pb.js";
import type { Plugin, PluginVerification } from "../gen/slipway/v1/plugin_pb.js";
import { allPages } from "./all-pages.js";
import type { Host } from "./host.js";

/** The drivers of all usable plugins. */
export async function allDrivers({ plugins }: Pick<Host, "plugins">): Promise<Driver[]> {
  const { entries } = await allPages(
    (page) => plugins.listDrivers(page),
    (response) => response.drivers,
  );
  return entries;
}

/** All plugins, usable or not. */
export async function allPlugins({ plugins }: Pick<Host, "plugins">): Promise<Plugin[]> {
  const { entries } = await allPages(
    (page) => plugins.listPlugins(page),
    (response) => response.plugins,
  );
  return entries;
}

/** What is wrong with the files of plugins; of all plugins when no names are given. */
export async function allVerifications(
  { plugins }: Pick<Host, "plugins">,
  names: string[] = [],
): Promise<PluginVerification[]> {
  const { entries } = await allPages(
    (page) => plugins.verifyPlugins({ names, ...page }),
    (response) => response.plugins,
  );
  return entries;
}

/** All builders, and why some may be missing. */
export async function allBuilders(
  service: Host["builders"],
  request: MessageInitShape<typeof ListBuildersRequestSchema>,
): Promise<{ builders: BuilderInstance[]; diagnostics: Diagnostic[] }> {
  const { entries, diagnostics } = await allPages(
    (page) => service.listBuilders({ ...request, ...page }),
    (response) => response.builders,
  );
  return { builders: entries, diagnostics };
}
