import type { Command, Option } from "commander";
import type { Candidate, Candidates } from "./candidate.js";
import { bakeTargets, builders, builds, contexts, driverOptions, drivers, plugins } from "./names.js";

/** What a value can be, given the words of the command line and the value so far. */
export type Values = (
  words: readonly string[],
  current: string,
) => Partial<Candidates> | Promise<Partial<Candidates>>;

const list =
  (...values: string[]): Values =>
  () => ({ candidates: values.map((value): Candidate => [value]) });
const named =
  (names: () => Promise<Candidate[]>): Values =>
  async () => ({ candidates: await names() });
const files: Values = () => ({ files: true });

/** By the name of the flag. */
const flags: Record<string, Values> = {
  "--allow": list("network.host", "security.insecure", "device"),
  "--builder": named(builders),
  "--call": list("build", "check", "outline", "targets"),
  "--driver": named(drivers),
  "--driver-opt": async (words) => ({ candidates: await driverOptions(words), open: true }),
  "--format": list("table", "json"),
  "--log-level": list("error", "warn", "info", "debug"),
  "--network": list("default", "none", "host"),
  "--output": async (_words, current) => outputs(current),
  "--platform": list(
    "linux/amd64",
    "linux/arm64",
    "linux/arm/v7",
    "linux/ppc64le",
    "linux/riscv64",
    "linux/s390x",
  ),
  "--progress": list("auto", "tty", "plain", "rawjson", "quiet", "none"),
  "--role": list("viewer", "builder", "admin"),
};

const builder = named(builders);
const plugin = named(plugins);
const build = named(builds);

/** By the names of the command: those of its first argument, or of all if there can be several. */
const commandArguments: Record<string, Values> = {
  access: builder,
  bake: async (words) => ({ candidates: await bakeTargets(words) }),
  build: files,
  "builds cancel": build,
  "builds inspect": build,
  "builds logs": build,
  completion: list("bash", "zsh", "fish"),
  conformance: files,
  create: named(contexts),
  "dap attach": build,
  "dap build": files,
  "debug build": files,
  drivers: named(drivers),
  inspect: builder,
  "policy eval": files,
  "policy test": files,
  "plugins attach": files,
  "plugins detach": plugin,
  "plugins disable": plugin,
  "plugins enable": plugin,
  "plugins inspect": plugin,
  "plugins install": files,
  "plugins remove": plugin,
  "plugins restart": plugin,
  "plugins verify": plugin,
  rm: builder,
  stop: builder,
  update: builder,
  use: builder,
};

/** What the value of a flag can be; undefined if nobody can know. */
export function flagValues(option: Option): Values | undefined {
  return flags[option.long ?? ""] ?? (/<(path|file|folder)>/.test(option.flags) ? files : undefined);
}

/** What an argument can be, after `positional` others. */
export function argumentValues(command: Command, positional: number): Values | undefined {
  const isVariadic = command.registeredArguments.at(-1)?.variadic;
  if (positional > 0 && !isVariadic) return undefined;
  return commandArguments[pathOf(command)];
}

function pathOf(command: Command): string {
  const above = command.parent?.parent ? `${pathOf(command.parent)} ` : "";
  return above + command.name();
}

async function outputs(current: string): Promise<Partial<Candidates>> {
  const [, before] = /^(.*\bcontext=)[^,]*$/s.exec(current) ?? [];
  if (before) return { candidates: (await contexts()).map(([name, meaning]) => [before + name, meaning]) };
  const types = ["docker", "image", "local", "oci", "registry", "tar"];
  return {
    candidates: types.map((type) => [`type=${type}`]),
    files: !current.startsWith("type="),
    open: true,
  };
}
