import { withHost } from "../host.js";
import { jsonLine, parseListFormat } from "../output/format.js";
import { buildJson, buildsTable } from "./build-output.js";

/** The flags of `builds ls`. */
export interface BuildsLsFlags {
  builder?: string;
  format: string;
  limit: number;
}

/** `slipway builds ls` */
export async function runBuildsLs(flags: BuildsLsFlags): Promise<void> {
  const format = parseListFormat(flags.format);
  const { builds } = await withHost((host) =>
    host.builds.listBuilds({ builder: flags.builder, pageSize: flags.limit }),
  );
  const text =
    format === "json" ? builds.map((build) => jsonLine(buildJson(build))).join("") : buildsTable(builds);
  process.stdout.write(text);
}
