import type { MessageInitShape } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { type BuildHeld, BuildState, HoldReason } from "../../src/gen/slipway/v1/build_event_pb.js";
import { type BreakpointSchema, BuildHold } from "../../src/gen/slipway/v1/build_pb.js";
import { ContinueTo } from "../../src/gen/slipway/v1/debug_pb.js";
import { type BuildRun, contextOf, fromPath, watchToEnd } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab } from "../lab/index.js";

const twoStages = () => `FROM ${lab().registry.baseImage} AS tools
WORKDIR /work
RUN echo built > tool
FROM scratch
COPY --from=tools /work/tool /tool
COPY --from=tools /work/tool /copy
`;

/** A build that is led by a test. */
interface Led {
  dockerfile: string;
  hold: BuildHold;
  breakpoints?: MessageInitShape<typeof BreakpointSchema>[];
  /** Is called at each stop, and says how the build goes on. */
  onHeld(where: string, held: BuildHeld, id: string): Promise<ContinueTo>;
}

/** Leads a build to its end. Returns it, and where it was held. */
async function lead(host: TestHost, { dockerfile, hold, breakpoints, onHeld }: Led) {
  const context = fromPath(await contextOf({ Dockerfile: dockerfile }));
  const spec = { builder: "own", context, noCache: true };
  const { build } = await host.builds.startBuild({ hold, breakpoints, spec });
  const { id } = build!;
  const stops: string[] = [];
  for await (const { event } of host.builds.watchBuild({ id })) {
    if (event?.event.case !== "held") continue;
    const held = event.event.value;
    const where = whereOf(held);
    stops.push(where);
    const to = await onHeld(where, held, id);
    await host.debug.continueBuild({ id, to });
  }
  return { stops, run: await watchToEnd(host, id) };
}

/** The lines of a stack, such as "3 done < 5". */
function whereOf({ stack }: BuildHeld): string {
  return stack
    .map(({ source, isDone }) => `${source?.ranges[0]?.startLine}${isDone ? " done" : ""}`)
    .join(" < ");
}

/** What a process wrote. */
async function outputOf(host: TestHost, id: string, args: string[]): Promise<string> {
  let output = "";
  for await (const { event } of host.debug.startProcess({ id, args }))
    if (event.case === "output") output += Buffer.from(event.value.data).toString();
  return output;
}

const reasonOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "none",
    (cause) => readTypedError(cause).reason,
  );

/** The names of the steps that ran before an event. */
function ranBefore({ events }: BuildRun, isEnd: (held: BuildHeld) => boolean): string[] {
  const end = events.findIndex(({ event }) => event.case === "held" && isEnd(event.value));
  return events
    .slice(0, end)
    .flatMap(({ event }) =>
      event.case === "progress"
        ? event.value.vertexes.flatMap(({ name, startTime }) => (startTime ? [name] : []))
        : [],
    );
}

async function hostWithBuilder(): Promise<TestHost> {
  const host = await startHost();
  const node = { endpoint: lab().buildkitd.address };
  await host.builders.createBuilder({ name: "own", driver: "remote", node });
  return host;
}

it("go step by step, with the files and the processes of each step", async () => {
  const host = await hostWithBuilder();
  let isFirst = true;
  const { stops, run } = await lead(host, {
    dockerfile: twoStages(),
    hold: BuildHold.ON_START,
    async onHeld(where, held, id) {
      expect(held.reason).toBe(HoldReason.STEP);
      if (isFirst) {
        isFirst = false;
        // Nothing is built yet.
        expect(await reasonOf(outputOf(host, id, ["true"]))).toBe("PROCESS_NOT_STARTED");
        expect(await reasonOf(host.debug.listFiles({ id }))).toBe("FILES_UNREADABLE");
        expect(await reasonOf(host.debug.inspectStep({ id, frame: 1 }))).toBe("FRAME_UNKNOWN");
      }
      if (where === "3 < 5") {
        expect(held.stack[0]!.name).toContain("RUN echo built > tool");
        const step = await host.debug.inspectStep({ id });
        expect(step).toMatchObject({
          args: ["/bin/sh", "-c", "echo built > tool"],
          environment: { PATH: expect.stringContaining("/bin") },
          workingDirectory: "/work",
          trees: ["/"],
          source: { filename: "Dockerfile", ranges: [{ startLine: 3 }] },
        });
        expect(Buffer.from(step.source!.data).toString()).toBe(twoStages());
        expect((await host.debug.inspectStep({ id, frame: 1 })).trees).toEqual([]);
        expect((await host.debug.listFiles({ id, path: "/work" })).files).toEqual([]);
        expect(await outputOf(host, id, [])).toBe("");
        expect(await outputOf(host, id, ["pwd"])).toBe("/work\n");
      }
      if (where === "3 done < 5") {
        const { files } = await host.debug.listFiles({ id, path: "/work" });
        expect(files).toMatchObject([{ name: "tool", mode: 0o100644, uid: 0, gid: 0, size: 6n }]);
        const part = { path: "/work/tool", offset: 1n, length: 3n };
        const { data } = await host.debug.readFile({ id, ...part });
        expect(Buffer.from(data).toString()).toBe("uil");
        expect(await reasonOf(host.debug.readFile({ id, path: "/none" }))).toBe("FILES_UNREADABLE");
        expect(await outputOf(host, id, ["cat", "/work/tool"])).toBe("built\n");
      }
      return ContinueTo.IN;
    },
  });
  expect(stops).toEqual(["5", "1 < 5", "2 < 5", "3 < 5", "3 done < 5", "5", "6", "6 done"]);
  expect(run.finished.state).toBe(BuildState.SUCCEEDED);
  expect(ranBefore(run, (held) => whereOf(held) === "3 < 5").filter((name) => name.includes("RUN"))).toEqual(
    [],
  );
});

it("stop at breakpoints, which can change, and step over stages and out of them", async () => {
  const host = await hostWithBuilder();
  const { stops, run } = await lead(host, {
    dockerfile: twoStages(),
    hold: BuildHold.ON_ERROR,
    breakpoints: [{ line: 2 }, { line: 4 }],
    async onHeld(where, held, id) {
      if (where === "2 < 5") {
        expect(held.reason).toBe(HoldReason.BREAKPOINT);
        const breakpoints = [
          { line: 6, filename: "Dockerfile" },
          { line: 4 },
          { line: 6, filename: "other" },
        ];
        const { isResolved, places } = await host.debug.setBreakpoints({ id, breakpoints });
        expect([isResolved, ...places.map(({ range }) => range?.startLine)]).toEqual([
          true,
          6,
          undefined,
          undefined,
        ]);
        expect(await reasonOf(host.debug.setBreakpoints({ id, breakpoints: [{ line: 0 }] }))).toBe(
          "BREAKPOINT_INVALID",
        );
        return ContinueTo.OUT;
      }
      return where === "5" ? ContinueTo.NEXT : ContinueTo.UNSPECIFIED;
    },
  });
  expect(stops).toEqual(["2 < 5", "5", "6"]);
  expect(run.finished.state).toBe(BuildState.SUCCEEDED);
});

it("are held before a COPY that fails, with the files that it would have changed", async () => {
  const host = await hostWithBuilder();
  const { stops, run } = await lead(host, {
    dockerfile: `FROM ${lab().registry.baseImage}\nCOPY missing /\n`,
    hold: BuildHold.ON_START,
    async onHeld(_where, { error }, id) {
      if (error) expect(await outputOf(host, id, ["/bin/sh", "-c", "echo files"])).toBe("files\n");
      return ContinueTo.UNSPECIFIED;
    },
  });
  expect(stops).toEqual(["1", "2"]);
  expect(run.finished).toMatchObject({ state: BuildState.FAILED, error: { reason: "FILE_NOT_FOUND" } });
});
