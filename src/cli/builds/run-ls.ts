import { allPages } from "../all-pages.js";
import { withHost } from "../host.js";
import { jsonLine, parseListFormat } from "../output/format.js";
import { print } from "../output/print.js";
import { buildJson, buildsTable } from "./build-output.js";

/** The flags of `builds ls`. */
export interface BuildsLsFlags {
  builder?: string;
  project?: string;
  format: string;
  limit: number;
}

/** `slipway builds ls` */
export async function runBuildsLs(flags: BuildsLsFlags): Promise<void> {
  const format = parseListFormat(flags.format);
  const { limit, builder, project } = flags;
  const { entries: builds } = await withHost((host) =>
    allPages(
      (page) => host.builds.listBuilds({ builder, project, pageSize: limit, ...page }),
      (response) => response.builds,
      { limit },
    ),
  );
  const text =
    format === "json" ? builds.map((build) => jsonLine(buildJson(build))).join("") : buildsTable(builds);
  print(text);
}
