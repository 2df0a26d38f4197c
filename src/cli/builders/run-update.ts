import { create } from "@bufbuild/protobuf";
import { type NodeSpec, NodeSpecSchema } from "../../gen/slipway/v1/builder_pb.js";
import { withHost } from "../host.js";
import { printWarnings } from "../output/diagnostics.js";
import { print } from "../output/print.js";
import { splitWords } from "../values/split-words.js";
import { readDaemonConfig } from "./daemon-config.js";
import { explainCommas, parseOptionChanges } from "./driver-options.js";

/** The flags of `update`. An empty text clears a setting. */
export interface UpdateFlags {
  /** The global flag: the builder if there is no argument. */
  builder?: string;
  buildkitdConfig?: string;
  buildkitdFlags?: string;
  driverOpt?: string[];
  endpoint?: string;
  node?: string;
  platform?: string[];
  /** In milliseconds. */
  timeout: number;
}

/** `slipway update` */
export async function runUpdate(name: string | undefined, flags: UpdateFlags): Promise<void> {
  const { node, paths } = await readChange(flags);
  await withHost(async ({ builders, environment }) => {
    const request = { builder: name ?? flags.builder, node, updateMask: { paths }, environment };
    const updated = builders.updateNode(request, { timeoutMs: flags.timeout });
    const { builder, diagnostics } = await updated.catch((cause) => {
      throw explainCommas(cause, flags.driverOpt);
    });
    printWarnings(diagnostics);
    print(`${builder!.name}\n`);
  });
}

/** The new values, and the paths of what changes. */
async function readChange(flags: UpdateFlags): Promise<{ node: NodeSpec; paths: string[] }> {
  const { endpoint, buildkitdFlags, buildkitdConfig, platform } = flags;
  const node = create(NodeSpecSchema, { name: flags.node });
  const paths: string[] = [];
  for (const [key, value] of Object.entries(parseOptionChanges(flags.driverOpt))) {
    if (value !== undefined) node.options[key] = value;
    paths.push(`options.${key.replaceAll("%", "%25")}`);
  }
  if (endpoint !== undefined) {
    node.endpoint = endpoint;
    paths.push("endpoint");
  }
  if (buildkitdFlags !== undefined) {
    node.daemonFlags = splitWords(buildkitdFlags);
    paths.push("daemon_flags");
  }
  if (buildkitdConfig !== undefined) {
    node.daemonFiles = buildkitdConfig ? await readDaemonConfig(buildkitdConfig) : {};
    paths.push("daemon_files");
  }
  if (platform) {
    node.platforms = platform.flatMap((value) => value.split(",")).filter(Boolean);
    paths.push("platforms");
  }
  return { node, paths };
}
