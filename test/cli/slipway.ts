import { cli, engineEnvironment, type TestHost } from "../host/host.js";
import { type Finished, type RunOptions, run } from "../lab/run.js";

/** Options for running the CLI. */
export interface SlipwayOptions extends Pick<RunOptions, "cwd" | "input" | "signal"> {
  env?: Record<string, string | undefined>;
}

/** Runs the CLI with a host and an engine. */
export type Slipway = (args: string[], options?: SlipwayOptions) => Promise<Finished>;

/** Environment of a user of the host, without the developer's docker or buildx settings. */
export function userEnvironment(host: TestHost, engine: "engine20" | "engine29"): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: host.folder,
    SLIPWAY_HOST: `unix://${host.socket}`,
    ...engineEnvironment(engine),
  };
}

/** Runs the bundled CLI as a user of the host. */
export function slipwayOf(host: TestHost, engine: "engine20" | "engine29" = "engine29"): Slipway {
  return (args, { env, ...options } = {}) =>
    run(process.execPath, [cli, ...args], {
      ...options,
      env: { ...userEnvironment(host, engine), ...env } as NodeJS.ProcessEnv,
      timeout: 180_000,
    });
}

/** Progress without the parts that differ between builds: times, sizes, references and colours. */
export function shapeOf(progress: string): string {
  return (
    progress
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
      .replace(/\x1b\[\d*m/g, "")
      .replace(/sha256:[0-9a-f]{64}/g, "sha256:…")
      .replace(/^(#\d+) \d+\.\d+ /gm, "$1 T ")
      .replace(/^\d+\.\d{3} /gm, "T ")
      .replace(/(?<= )\d+\.\d+s/g, "Ts")
      .replace(/ Ts done$/gm, " done")
      .replace("(use docker --debug to expand)", "(use --debug to expand)")
  );
}

/**
 * The steps of a plain display. Omits what depends on timing and on the machine's cache: the order of steps, the amount of
 * progress in a line, and whether a step was cached.
 */
export function stepsOf(progress: string): string[] {
  const blocks = new Map<string, Set<string>>();
  for (const line of shapeOf(progress).split("\n")) {
    const [, number, text = ""] = /^#(\d+) (.*)$/.exec(line) ?? [];
    if (!number || text === "...") continue;
    const lines = blocks.get(number) ?? new Set();
    blocks.set(number, lines);
    const plain = text.replace(/^(CACHED|DONE Ts)$/, "ended").replace(/ Ts$/, "");
    // A restarted step ends twice.
    lines.delete("ended");
    lines.add(plain.replace(/ [\d.]+[kMG]?B(?: \/ [\d.]+[kMG]?B)?(?= |$)/, ""));
  }
  return [...blocks.values()]
    .map((lines) =>
      [...lines]
        .filter((line) => !lines.has(`${line} done`))
        .sort()
        .join("\n"),
    )
    .sort();
}
