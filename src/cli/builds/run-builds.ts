import { timestampDate } from "@bufbuild/protobuf/wkt";
import { watchBuild } from "../../client/watch-build.js";
import { type BuildEvent, BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import type { Build } from "../../gen/slipway/v1/build_pb.js";
import { BuildProgressView } from "../build/build-progress.js";
import { BuildFailure } from "../command-error.js";
import { withHost } from "../host.js";
import { jsonLine, parseListFormat } from "../output/format.js";
import { humanDuration } from "../output/human.js";
import { table } from "../output/table.js";
import { chooseProgress } from "../progress/open-display.js";

/** `slipway builds ls` */
export async function runListBuilds(flags: {
  builder?: string;
  format: string;
  limit: number;
}): Promise<void> {
  const format = parseListFormat(flags.format);
  const { builds } = await withHost((host) =>
    host.builds.listBuilds({ builder: flags.builder, pageSize: flags.limit }),
  );
  if (format === "json") process.stdout.write(builds.map((build) => jsonLine(buildJson(build))).join(""));
  else
    process.stdout.write(
      table(["ID", "NAME", "BUILDER", "STATE", "CREATED", "DURATION"], builds.map(buildRow)),
    );
}

/** `slipway builds inspect` */
export async function runInspectBuild(id: string): Promise<void> {
  const { build } = await withHost((host) => host.builds.getBuild({ id }));
  process.stdout.write(`${JSON.stringify(buildJson(build!), undefined, 2)}\n`);
}

/** `slipway builds logs`: what the build showed, and what it goes on to show; fails as the build did. */
export async function runBuildLogs(id: string, flags: { progress: string; debug?: boolean }): Promise<void> {
  const { mode } = chooseProgress(flags, { env: process.env, isTerminal: process.stderr.isTTY === true });
  await withHost(async (host) => {
    const view = await BuildProgressView.open(mode, { debug: flags.debug });
    let last: BuildEvent["event"] | undefined;
    let wasStarted = false;
    try {
      for await (const event of watchBuild(host, id)) {
        view.show(event);
        last = event.event;
        wasStarted ||= last.case === "started";
      }
    } finally {
      view.close();
    }
    if (last?.case === "finished" && last.value.error) throw new BuildFailure(last.value.error, wasStarted);
  });
}

/** `slipway builds cancel` */
export async function runCancelBuilds(ids: string[]): Promise<void> {
  await withHost(async ({ builds }) => {
    for (const id of ids) {
      const { build } = await builds.cancelBuild({ id });
      process.stdout.write(`${build!.id}\n`);
    }
  });
}

function buildRow(build: Build): string[] {
  const created = build.createTime ? timestampDate(build.createTime).getTime() : Date.now();
  return [
    build.id,
    build.displayName,
    build.builder,
    stateName(build),
    `${humanDuration(Date.now() - created)} ago`,
    duration(build),
  ];
}

function duration({ startTime, finishTime }: Build): string {
  if (!startTime) return "";
  const end = finishTime ? timestampDate(finishTime).getTime() : Date.now();
  return `${((end - timestampDate(startTime).getTime()) / 1000).toFixed(1)}s`;
}

function stateName({ state }: Build): string {
  return BuildState[state].toLowerCase();
}

function buildJson(build: Build): object {
  const time = (at: Build["createTime"]) => at && timestampDate(at).toISOString();
  return {
    ID: build.id,
    Name: build.displayName,
    State: stateName(build),
    Builder: build.builder,
    Driver: build.driver,
    CreatedAt: time(build.createTime),
    StartedAt: time(build.startTime),
    FinishedAt: time(build.finishTime),
    Refs: build.refs,
    ImageDigest: build.result?.imageDigest || undefined,
    ImageNames: build.result?.imageNames,
    Error: build.error && {
      Reason: build.error.reason,
      Message: build.error.message,
      Remedy: build.error.remedy,
    },
  };
}
