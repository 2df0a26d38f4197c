import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { ContextSchema } from "../../src/gen/slipway/build/v1/context_pb.js";
import type { BuildEvent } from "../../src/gen/slipway/v1/build_event_pb.js";
import { mustBuild, type SpecInit } from "../host/build.js";
import { startHost, type TestHost, type TestHostOptions } from "../host/host.js";
import { lab, until } from "../lab/index.js";

/** A host on a database, with the builder "shared". */
export async function startMember(
  database: string,
  name: string,
  { args = [], ...more }: TestHostOptions = {},
): Promise<TestHost> {
  const flags = ["--database", database, "--host-name", name, ...args];
  const host = await startHost({ ...more, args: flags });
  const node = { endpoint: lab().buildkitd.address };
  if (!more.folder) await host.builders.createBuilder({ name: "shared", driver: "remote", node });
  return host;
}

/** The specification of a build from the text of a Dockerfile. */
export function specOf(dockerfile: string, more: SpecInit = {}): SpecInit {
  const spec: SpecInit = {
    builder: "shared",
    context: create(ContextSchema, { source: { case: "empty", value: {} } }),
    dockerfile: { source: { case: "content", value: Buffer.from(dockerfile) } },
    outputs: [{ type: "cacheonly" }],
  };
  return { ...spec, ...more } as SpecInit;
}

/** A step that runs until it is told to end. */
export interface Gate {
  dockerfile: string;
  /** Ends the step, by a build on some host. */
  open(host: TestHost): Promise<void>;
}

/** A Dockerfile with such a step, which writes a line every tenth of a second. */
export function gate(): Gate {
  const mark = randomUUID();
  const run = `FROM ${lab().registry.baseImage}\nRUN --mount=type=cache,id=${mark},target=/gate`;
  return {
    dockerfile: `${run} : ${mark}; echo begun; until test -e /gate/open; do echo waits; sleep 0.1; done; echo ends\n`,
    open: async (host) => void (await mustBuild(host, specOf(`${run} : ${mark}; touch /gate/open\n`))),
  };
}

/** A build without steps. */
export const small = () => `FROM scratch\nLABEL id=${randomUUID()}\n`;

/** Starts a build, and returns its id. */
export async function begin(host: TestHost, spec: SpecInit, requestId = randomUUID()): Promise<string> {
  return (await host.builds.startBuild({ requestId, spec })).build!.id;
}

/** Collects the events of a build, to its last one. */
export function follow({ builds }: TestHost, id: string): { events: BuildEvent[]; ended: Promise<void> } {
  const events: BuildEvent[] = [];
  const ended = (async () => {
    for await (const { event } of builds.watchBuild({ id })) events.push(event!);
  })();
  // Checked where it is awaited.
  ended.catch(() => {});
  return { events, ended };
}

/** Waits until a step of a build has written something. */
export const untilBegun = (events: readonly BuildEvent[]) =>
  until("the step to begin", () =>
    events.some(({ event }) => event.case === "progress" && event.value.logs.length > 0),
  );

/** Waits until there is an event of a kind. */
export const untilEvent = (events: readonly BuildEvent[], kind: BuildEvent["event"]["case"]) =>
  until(`the event ${kind}`, () => events.some(({ event }) => event.case === kind));
