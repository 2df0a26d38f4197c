import { mkdir } from "node:fs/promises";
import { measureProcess } from "./measure.js";
import { type Build, bootCommand, buildFlags, environmentOf, type Tool, type ToolOptions } from "./tool.js";

/** Opens buildx's binary for an engine, with its configuration in `folder`. */
export async function openBuildx(
  binary: string,
  dockerHost: string,
  folder: string,
  { driver, variables }: ToolOptions = {},
): Promise<Tool> {
  await mkdir(folder, { recursive: true });
  const env = environmentOf(folder, dockerHost, variables);
  const measure = (args: readonly string[]) => measureProcess(binary, args, { env, scratch: folder });
  const build: Build = (context, result) => measure(["build", ...buildFlags(result), context]);
  return {
    name: "buildx",
    build,
    calls: {},
    firstBuild: build,
    command: (args) => measure(args),
    boot: (builder, image) => measure(bootCommand(builder, image, driver)),
    remove: async (builder) => void (await measure(["rm", builder])),
    watchServers: async () => async () => ({}),
    close: async () => {},
  };
}
