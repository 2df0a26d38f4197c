import { createHash } from "node:crypto";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { readFailedRun } from "../src/buildkit/failed-run.js";
import { StepGraph } from "../src/buildkit/step-graph.js";
import { ResultSchema } from "../src/gen/moby/buildkit/v1/frontend/gateway_pb.js";
import { type Definition, DefinitionSchema, OpSchema } from "../src/gen/pb/ops_pb.js";
import { BuildErrorSchema } from "../src/gen/slipway/build/v1/build_error_pb.js";
import { BuildHeldSchema } from "../src/gen/slipway/v1/build_event_pb.js";
import { BreakpointSchema } from "../src/gen/slipway/v1/build_pb.js";
import { ContinueTo, InspectStepResponseSchema } from "../src/gen/slipway/v1/debug_pb.js";
import { buildError } from "../src/host/builds/build-error.js";
import { Breakpoints } from "../src/host/builds/holds/breakpoints.js";
import { describeStep, stackOf } from "../src/host/builds/holds/describe-step.js";
import { placeAt, placeOfFailed } from "../src/host/builds/holds/held-place.js";
import { type Point, Program } from "../src/host/builds/holds/program.js";
import { jsonOf, textOf } from "./inputs.js";
import { target } from "./target.js";

const typed = (error: unknown) => error instanceof ConnectError;

const small = fc.integer({ min: -2, max: 4 });
const odd = fc.oneof(small, fc.constantFrom(-(2 ** 31), 2 ** 31 - 1));
const place = fc.constantFrom("/", "/a", "", "b");

/** What is known of a step, and its inputs: how many steps each is behind it. */
const step = fc.record({
  kind: fc.constantFrom("exec", "exec", "file", "source", "other"),
  inputs: fc.array(fc.record({ back: fc.integer({ min: 1, max: 5 }), index: small }), { maxLength: 4 }),
  mounts: fc.array(fc.record({ input: odd, dest: place }), { maxLength: 4 }),
  environment: fc.array(textOf("A", "=", "__proto__"), { maxLength: 2 }),
  location: fc.option(fc.record({ info: small, start: odd, end: fc.option(odd, { nil: undefined }) }), {
    nil: undefined,
  }),
  name: fc.option(textOf("RUN", "__proto__"), { nil: undefined }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function opOf({ kind, mounts, environment, name = "" }: Step): MessageInitShape<typeof OpSchema>["op"] {
  const inputs = mounts.map(({ input }) => ({ input: BigInt(input) }));
  switch (kind) {
    case "exec": {
      const meta = { args: [name], env: environment };
      return {
        case: "exec",
        value: { meta, mounts: mounts.map(({ dest }, at) => ({ ...inputs[at], dest })) },
      };
    }
    case "file":
      return { case: "file", value: { actions: inputs } };
    case "source":
      return { case: "source", value: { identifier: name } };
    default:
      return undefined;
  }
}

/** A definition as BuildKit passes it on from a frontend: each step comes behind its inputs. */
function definitionOf(steps: readonly Step[]): Definition {
  const digests: string[] = [];
  const def: Uint8Array[] = [];
  const definition: MessageInitShape<typeof DefinitionSchema> = {
    metadata: {},
    source: { locations: {}, infos: [{ filename: "Dockerfile", data: Buffer.from("FROM a\n") }, {}] },
  };
  const add = (op: MessageInitShape<typeof OpSchema>) => {
    const bytes = toBinary(OpSchema, create(OpSchema, op));
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    def.push(bytes);
    digests.push(digest);
    return digest;
  };
  for (const each of steps) {
    const { kind, name, location } = each;
    const inputs = each.inputs.map(({ back, index }) => ({
      digest: digests.at(-back) ?? "sha256:none",
      index: BigInt(index),
    }));
    const digest = add({ inputs, op: opOf(each), platform: { os: "linux", architecture: kind } });
    if (name !== undefined) definition.metadata![digest] = { description: { "llb.customname": name } };
    if (!location) continue;
    const { info: sourceIndex, start, end } = location;
    const ranges = [{ start: { line: start }, end: end === undefined ? undefined : { line: end } }];
    definition.source!.locations![digest] = { locations: [{ sourceIndex, ranges }] };
  }
  const last = digests.at(-1);
  add({ inputs: last === undefined ? [] : [{ digest: last }] });
  return create(DefinitionSchema, { ...definition, def });
}

/** Leads a program to its end, and returns how often it was held. Throws when it does not go on with each stop. */
function lead(
  graph: StepGraph,
  program: Program,
  ways: readonly ContinueTo[],
  lines: readonly number[],
): number {
  const breakpoints = new Breakpoints(lines.map((line) => create(BreakpointSchema, { line })));
  breakpoints.placesIn(graph.steps);
  let at: Point | undefined;
  for (let turn = 0; ; turn++) {
    const to = ways[turn % ways.length]!;
    const stop = program.next(at, to, (each) => breakpoints.hold(each));
    if (!stop) return turn;
    const isBehind = program.points.indexOf(stop.point) > (at ? program.points.indexOf(at) : -1);
    if (!isBehind) throw new Error("the build was held where it had been");
    at = stop.point;
    const held = { platform: "", reason: stop.reason, stack: stackOf(at) };
    toBinary(BuildHeldSchema, create(BuildHeldSchema, held));
  }
}

/** Looks at a point as the calls of a debugger do. */
function inspect(graph: StepGraph, point: Point, config: Uint8Array): void {
  const described = describeStep(point.step, 100);
  toBinary(InspectStepResponseSchema, create(InspectStepResponseSchema, described));
  const names = point.done ? ["/"] : graph.namesOf(point.step);
  if (names.length !== (point.done ? 1 : point.step.op.inputs.length))
    throw new Error("an input has no name");
  const trees = names.map((name, index) => ({ name, ref: index % 2 === 0 ? `ref${index}` : "" }));
  const result = create(ResultSchema, { metadata: { "containerimage.config": config } });
  placeAt(point, trees, { result, platform: "" });
}

const config = fc.oneof(
  jsonOf("config", "Entrypoint", "Cmd", "Env", "User", "WorkingDir").map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 8 }),
);

/** What errors of steps have, with values that no text can be made of. */
const detailText = fc.oneof(
  jsonOf(
    "Code",
    "digest",
    "info",
    "filename",
    "data",
    "ranges",
    "start",
    "end",
    "line",
    "toString",
    "valueOf",
  ),
  fc
    .record({
      op: fc.record({
        exec: fc.record({ mounts: fc.array(fc.record({ dest: place }), { maxLength: 2 }) }),
        platform: fc.constantFrom(undefined, {}, { OS: "linux" }, 1),
      }),
      inputIDs: jsonOf("toString", "valueOf"),
      mountIDs: jsonOf("toString", "valueOf"),
    })
    .map(
      ({ op, inputIDs, mountIDs }) =>
        `{"op":${JSON.stringify(op)},"inputIDs":[${inputIDs}],"mountIDs":[${mountIDs}]}`,
    ),
);

/** Readers of what a frontend and BuildKit say of a build that is held, or has failed. */
export const heldParsers = [
  target({
    name: "error of a build",
    inputs: fc.record({
      message: textOf("exit code: ", "0", "9".repeat(11), "failed to push", ": not found", " "),
      details: fc.array(
        fc.record({
          type: fc.constantFrom(
            "errdefs.Solve+json",
            "errdefs.Vertex+json",
            "errdefs.Source+json",
            "gatewayapi.ExitMessage+json",
            "policysession.DecisionResponse+json",
          ),
          text: detailText,
        }),
        { maxLength: 3 },
      ),
    }),
    run({ message, details }) {
      const cause = new ConnectError(message, Code.Unknown);
      cause.details = details.map(({ type, text }) => ({ type, value: Buffer.from(text) }));
      const failed = readFailedRun(cause);
      if (failed) placeOfFailed(failed);
      toBinary(BuildErrorSchema, buildError(cause));
    },
    refuses: () => false,
  }),
  target({
    name: "steps of a definition",
    inputs: fc.record({
      steps: fc.array(step, { maxLength: 12 }),
      ways: fc.array(
        fc.constantFrom(ContinueTo.UNSPECIFIED, ContinueTo.NEXT, ContinueTo.IN, ContinueTo.OUT),
        {
          minLength: 1,
          maxLength: 5,
        },
      ),
      lines: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
      config,
      damage: fc.option(fc.record({ at: fc.nat(12), bytes: fc.uint8Array({ maxLength: 12 }) }), {
        nil: undefined,
      }),
    }),
    run({ steps, ways, lines, config: imageConfig, damage }) {
      const definition = definitionOf(steps);
      if (damage) definition.def[damage.at % definition.def.length] = damage.bytes;
      const graph = new StepGraph(definition);
      const program = new Program(graph);
      const first = program.points.filter(({ isFirst }) => isFirst).map((point) => point.step.digest);
      if (new Set(first).size < first.length) throw new Error("a step comes twice");
      if (lead(graph, program, [ContinueTo.IN], []) !== program.points.length)
        throw new Error("a place was left out");
      lead(graph, program, ways, lines);
      for (const point of program.points) {
        const { digest, op } = point.step;
        if (program.before((each) => each.digest === digest)?.step !== point.step)
          throw new Error("a step is not found again");
        const [input] = op.inputs;
        if (input && new StepGraph(graph.upTo(input)).head?.digest !== input.digest)
          throw new Error("a part of a definition ends elsewhere");
        inspect(graph, point, imageConfig);
      }
    },
    refuses: typed,
  }),
];
