import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { forwardedEnvironment } from "../../client/forwarded-environment.js";
import { type Caller, keptNegotiation } from "../../client/local/negotiated.js";
import { SocketCalls } from "../../client/local/socket-calls.js";
import { dockerConfigDir } from "../../config/docker-config.js";
import { defaultSocketPath, socketPathIn } from "../../host-address/socket-path.js";
import { packageRoot } from "../../util/package-root.js";
import { settlesWithin } from "../../util/settles-within.js";
import { version } from "../../util/version.js";
import { definitionNames, mentionedVariables, readDefinitionFiles } from "../bake/bake-files.js";
import { readDotEnv } from "../bake/dot-env.js";
import type { Candidate } from "./candidate.js";

/** How long a host may take to answer, in milliseconds: who presses Tab waits for it. */
const patienceMs = 1_000;
/** The same for a plan, for which the host loads a parser. */
const planPatienceMs = 3_000;

/** Names of the builders of a host that runs. */
export async function builders(): Promise<Candidate[]> {
  const { builders = [] } = await ask("BuilderService/ListBuilders", { environment: environment() });
  return entries(builders, ({ name, driver }) => [name, `${driver} builder`]);
}

/** Names of the drivers of a host that runs, or of the bundled plugins. */
export async function drivers(): Promise<Candidate[]> {
  const running = entries((await listDrivers()) ?? [], ({ name, title }) => [name, title]);
  return running.length > 0 ? running : bundledDrivers();
}

/** The options of the driver that the words name with --driver, as the begins of `key=value`. */
export async function driverOptions(words: readonly string[]): Promise<Candidate[]> {
  const line = words.join(" ");
  const [, name] = /(?:^| )--driver[= ]([^ ]+)/.exec(line) ?? [];
  const chosen = ((await listDrivers()) ?? []).filter((driver) => !name || driver.name === name);
  return chosen.flatMap(({ options }) =>
    entries(options ?? [], (option) => [`${option.name}=`, option.description]),
  );
}

/** Names of the plugins of a host that runs. */
export async function plugins(): Promise<Candidate[]> {
  const { plugins = [] } = await ask("PluginService/ListPlugins", {});
  return entries(plugins, ({ name, description }) => [name, description]);
}

/** Targets and groups of the definition files that the words name with --file, or of the usual ones. */
export async function bakeTargets(words: readonly string[]): Promise<Candidate[]> {
  const named = [...words.join("\n").matchAll(/^(?:--file|-f)(?:\n|=)(.+)$/gm)].map(([, name]) => name!);
  if (named.includes("-")) return [];
  const files = await readDefinitionFiles(definitionNames(named)).catch(() => []);
  const { targets = [], groups = [] } = await ask(
    "BakeService/PlanBake",
    {
      files: files.map(({ name, content }) => ({ name, content: Buffer.from(content).toString("base64") })),
      environment: mentionedVariables(files, []),
      dotEnv: mentionedVariables(files, [], await readDotEnv().catch(() => ({}))),
      listOnly: true,
    },
    planPatienceMs,
  );
  return [
    ...entries(groups, ({ name, description }) => [name, description || "group"]),
    ...entries(targets, ({ name, description }) => [name, description]),
  ];
}

/** Ids of the newest builds of a host that runs. */
export async function builds(): Promise<Candidate[]> {
  const { builds = [] } = await ask("BuildService/ListBuilds", { pageSize: 20 });
  return entries(builds, ({ id, builder }) => [id, builder && `on ${builder}`]);
}

/** Names of docker's contexts. */
export async function contexts(): Promise<Candidate[]> {
  return texts(join(dockerConfigDir(), "contexts/meta"), "meta.json").flatMap((text) => {
    const { Name, Metadata } = parse(text);
    return typeof Name === "string" ? [[Name, Metadata?.Description || "docker context"] as Candidate] : [];
  });
}

function bundledDrivers(): Candidate[] {
  const manifests = texts(join(packageRoot(), "plugins"), "slipway-plugin.json").map(parse);
  return manifests.flatMap(({ drivers, description }) =>
    (Array.isArray(drivers) ? drivers : []).map((name): Candidate => [String(name), description]),
  );
}

async function listDrivers(): Promise<Json[] | undefined> {
  return (await ask("PluginService/ListDrivers", {})).drivers;
}

/** A value that was parsed from JSON; what is missing is left out of the candidates. */
// biome-ignore lint/suspicious/noExplicitAny: answers of a host of any version
type Json = Record<string, any>;

/** The host's answer to a call in JSON; nothing when no host of this machine runs, or when it takes long. */
async function ask(method: string, request: object, ms = patienceMs): Promise<Json> {
  let answer: Json = {};
  const asking = async () => {
    const { socket } = caller();
    const calls = socket ? await SocketCalls.open(socket) : undefined;
    if (calls) answer = (await calls.json(`slipway.v1.${method}`, request)).answer as Json;
  };
  await settlesWithin(ms, asking()).catch(() => false);
  return answer;
}

function environment(): Record<string, string> {
  return forwardedEnvironment(keptNegotiation(caller())?.environment, process.env);
}

function caller(): Caller {
  const { env } = process;
  const socket = (env.SLIPWAY_HOST ? socketPathIn(env.SLIPWAY_HOST) : defaultSocketPath(env)) ?? "";
  return { client: { name: "slipway-cli", version }, socket, env };
}

function entries(values: Json[], entryOf: (value: Json) => [string, string?]): Candidate[] {
  return values.map(entryOf).filter(([word]) => typeof word === "string" && word !== "undefined=");
}

/** The files of this name in the folders of a folder. */
function texts(folder: string, file: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => {
      try {
        return [readFileSync(join(folder, name, file), "utf8")];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
