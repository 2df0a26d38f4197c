import type { MessageInitShape } from "@bufbuild/protobuf";
import { readTypedError } from "../../errors/typed-error.js";
import type { Diagnostic } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type {
  AppendNodeRequestSchema,
  BuilderInstance,
  CreateBuilderRequestSchema,
  NodeSpecSchema,
} from "../../gen/slipway/v1/builder_pb.js";
import { flagsConflict } from "../flags-conflict.js";
import { type Host, withHost } from "../host.js";
import { printWarnings } from "../output/diagnostics.js";
import { print } from "../output/print.js";
import { splitWords } from "../values/split-words.js";
import { bootstrap } from "./bootstrap.js";
import { daemonFiles } from "./daemon-config.js";
import { explainCommas, parseDriverOptions } from "./driver-options.js";

/** The flags of `create`. */
export interface CreateFlags {
  append?: boolean;
  bootstrap?: boolean;
  /** The global flag: the builder to append to if `name` is missing. */
  builder?: string;
  buildkitdConfig?: string;
  buildkitdFlags?: string;
  driver?: string;
  driverOpt?: string[];
  force?: boolean;
  leave?: boolean;
  /** Of a new builder. */
  maxRunningBuilds?: number;
  name?: string;
  node?: string;
  platform?: string[];
  /** In milliseconds; it does not limit the boot. */
  timeout: number;
  /** Of a new builder. */
  untrusted?: boolean;
  use?: boolean;
}

type NodeSpec = MessageInitShape<typeof NodeSpecSchema>;

/** The requested change. */
type Change =
  | { case: "create"; value: MessageInitShape<typeof CreateBuilderRequestSchema> }
  | { case: "append"; value: MessageInitShape<typeof AppendNodeRequestSchema> };

/** `slipway create`: creates a builder, adds or changes a node (`--append`), or removes one (`--leave`). */
export async function runCreate(endpoint: string | undefined, flags: CreateFlags): Promise<void> {
  checkFlags(flags);
  const given = {
    name: flags.node,
    endpoint,
    options: parseDriverOptions(flags.driverOpt),
    daemonFlags: flags.buildkitdFlags === undefined ? [] : splitWords(flags.buildkitdFlags),
    platforms: flags.platform?.flatMap((value) => value.split(",")),
  };
  await withHost(async (host) => {
    if (flags.leave) return leave(host, flags);
    const made = flags.append ? append(host, flags, given) : createOrChange(host, flags, given);
    const { name } = await made.catch((cause) => {
      throw explainCommas(cause, flags.driverOpt);
    });
    if (flags.use) await host.builders.setDefaultBuilder({ name, environment: host.environment });
    print(`${name}\n`);
  });
}

async function leave({ builders, environment }: Host, flags: CreateFlags): Promise<void> {
  const { name: builder, node, force, timeout: timeoutMs } = flags;
  const { diagnostics } = await builders.leaveNode({ builder, node, force, environment }, { timeoutMs });
  printWarnings(diagnostics);
  print(`${builder}\n`);
}

/** Creates a builder. As in buildx, an existing node that is named is changed instead, regardless of its driver. */
async function createOrChange(host: Host, flags: CreateFlags, given: NodeSpec): Promise<BuilderInstance> {
  const { name, driver, maxRunningBuilds, untrusted } = flags;
  const existing = name && flags.node ? await find(host, name) : undefined;
  if (existing && !existing.implicit && !existing.origin)
    return change(host, flags, given, existing, { mustExist: true });
  const node = { ...given, daemonFiles: await daemonFiles(flags, host) };
  const value = { name, driver, node, environment: host.environment, maxRunningBuilds, untrusted };
  return make(host, flags, { case: "create", value });
}

async function append(host: Host, flags: CreateFlags, given: NodeSpec): Promise<BuilderInstance> {
  const { builders, environment } = host;
  const name = flags.name ?? flags.builder ?? "";
  const { builder } = await builders.getBuilder({ name, environment });
  return change(host, flags, given, builder!);
}

/** Adds a node to a builder, or changes an existing node. */
async function change(
  host: Host,
  flags: CreateFlags,
  given: NodeSpec,
  { name, driver, nodes }: BuilderInstance,
  { mustExist = false } = {},
): Promise<BuilderInstance> {
  const exists = mustExist || nodes.some(({ spec }) => spec?.name === flags.node?.toLowerCase());
  // The default configuration is for new nodes; an existing node keeps its configuration.
  const files = exists && !flags.buildkitdConfig ? {} : await daemonFiles({ ...flags, driver }, host);
  const node = { ...given, daemonFiles: files };
  const value = { builder: name, node, environment: host.environment, driver: flags.driver, mustExist };
  return make(host, flags, { case: "append", value });
}

/** The builder with a name, if it exists. */
async function find({ builders, environment }: Host, name: string): Promise<BuilderInstance | undefined> {
  try {
    return (await builders.getBuilder({ name, environment })).builder;
  } catch (cause) {
    if (readTypedError(cause).reason !== "BUILDER_UNKNOWN") throw cause;
    return undefined;
  }
}

/** Applies a change. With --bootstrap, the host reverts it if the node does not boot. */
async function make(host: Host, flags: CreateFlags, change: Change): Promise<BuilderInstance> {
  const options = { timeoutMs: flags.timeout };
  let response: { builder?: BuilderInstance; diagnostics: Diagnostic[] };
  if (flags.bootstrap) response = await bootstrap(host, { change });
  else if (change.case === "create") response = await host.builders.createBuilder(change.value, options);
  else response = await host.builders.appendNode(change.value, options);
  printWarnings(response.diagnostics);
  return response.builder!;
}

function checkFlags(flags: CreateFlags): void {
  if (!flags.leave) return;
  if (flags.append) throw flagsConflict("--leave", "--append and --leave cannot be used together");
  if (!flags.name)
    throw flagsConflict("--leave", "leave requires the name of a builder", "Give it with --name.");
  if (!flags.node)
    throw flagsConflict(
      "--leave",
      "leave requires the name of a node",
      "Give it with --node; `slipway ls` lists nodes.",
    );
}
