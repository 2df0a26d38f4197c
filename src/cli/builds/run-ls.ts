import { allPages } from "../all-pages.js";
import { withHost } from "../host.js";
import { jsonLine, parseListFormat } from "../output/format.js";
import { print } from "../output/print.js";
import { parseBuildFilters } from "./build-filters.js";
import { buildJson, buildsTable } from "./build-output.js";

/** The flags of `builds ls`. */
export interface BuildsLsFlags {
  builder?: string;
  filter?: string[];
  project?: string;
  format: string;
  limit: number;
}

/** `slipway builds ls` */
export async function runBuildsLs(flags: BuildsLsFlags): Promise<void> {
  const format = parseListFormat(flags.format);
  const { limit, builder, project } = flags;
  const filters = parseBuildFilters(flags.filter);
  const { entries: builds } = await withHost((host) =>
    allPages(
      (page) => host.builds.listBuilds({ builder, project, ...filters, pageSize: limit, ...page }),
      (response) => response.builds,
      { limit },
    ),
  );
  const text =
    format === "json" ? builds.map((build) => jsonLine(buildJson(build))).join("") : buildsTable(builds);
  print(text);
}
