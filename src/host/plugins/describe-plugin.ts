import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { PluginInfo } from "../../gen/slipway/driver/v1/node_pb.js";
import {
  type Plugin,
  type PluginReport,
  PluginReportSchema,
  PluginSchema,
  PluginState,
} from "../../gen/slipway/v1/plugin_pb.js";
import type { Candidate } from "./discovery.js";
import { digestOfAll } from "./install/tree-digests.js";
import type { PluginSupervisor } from "./plugin-supervisor.js";

/** A plugin for ListPlugins. Usable plugins have a supervisor. */
export function describePlugin(candidate: Candidate, supervisor: PluginSupervisor | undefined): Plugin {
  const { name, folder: path, locked } = candidate;
  const installation = locked && {
    source: locked.source,
    digest: `sha256:${digestOfAll(locked.files)}`,
    installTime: timestampFromDate(new Date(locked.installTime)),
  };
  const facts = { name, path, installation };
  if (candidate.state === "invalid")
    return create(PluginSchema, {
      ...facts,
      state: PluginState.INVALID,
      reason: "PLUGIN_INVALID",
      message: candidate.reason,
    });
  const { version, description, homepage, license, policyLanguages, address } = candidate.manifest;
  const described = {
    ...facts,
    version,
    description,
    homepage,
    license,
    policyLanguages,
    address: address && `tcp://${address.host}:${address.port}`,
  };
  if (candidate.state !== "usable") {
    const { reason: message, manifest } = candidate;
    const facts =
      candidate.state === "disabled"
        ? {
            state: PluginState.DISABLED,
            reason: "PLUGIN_DISABLED",
            remedy: "Enable it with SetPluginEnabled.",
          }
        : { state: PluginState.SHADOWED, reason: "PLUGIN_SHADOWED" };
    return create(PluginSchema, { ...described, drivers: manifest.drivers, ...facts, message });
  }
  const { startTime, info, ...state } = supervisor!.describe();
  const note = candidate.note && { reason: "PLUGIN_DRIVER_TAKEN", message: candidate.note };
  return create(PluginSchema, {
    ...described,
    drivers: candidate.drivers,
    ...note,
    ...state,
    startTime: startTime && timestampFromDate(startTime),
    report: info && reportOf(info),
  });
}

/** What a plugin says about itself. */
export function reportOf({ peer, vendor, url, capabilities }: PluginInfo): PluginReport {
  return create(PluginReportSchema, { peer, vendor, url, capabilities });
}
