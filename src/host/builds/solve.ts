import { create } from "@bufbuild/protobuf";
import type { BuildkitClient } from "../../buildkit/client.js";
import { fullSolveError } from "../../buildkit/full-solve-error.js";
import type { SessionMethod } from "../../buildkit/session/method.js";
import { SolveRequestSchema, type StatusResponse } from "../../gen/moby/buildkit/v1/control_pb.js";
import { type Result, ResultSchema } from "../../gen/moby/buildkit/v1/frontend/gateway_pb.js";
import { recordingHeaders } from "../base/tracer.js";
import type { ExporterResponse } from "./exporter-response.js";
import { type Gateway, type GatewayResult, resultForm, solveThroughGateway } from "./gateway.js";
import type { BuildHold } from "./holds/build-hold.js";
import { type FrontendInputs, frontendInputs, type TargetLinks } from "./linked-targets.js";
import { mergeStatuses } from "./merge-statuses.js";
import type { SolvePlan } from "./solve-plan.js";
import type { Cache } from "./spec/caches.js";
import { capabilitiesKey, type Frontend, requestKey } from "./spec/frontend.js";

/** How long to wait for further progress of a build that has ended, and for all progress of a cancelled one, in milliseconds. */
const drainMs = 5_000;

/** What a BuildKit must have to hold a build: 0.8 lacks the second. */
const holdCapabilities = ["gateway.exec", "gateway.evaluate"];

/** What a solve needs beside its plan. */
export interface SolveCall {
  /** Unique reference; the build's name in BuildKit's history. */
  readonly ref: string;
  /** The plan's frontend, with everything that became known after planning. */
  readonly frontend: Frontend;
  /** What BuildKit may call back for. */
  readonly methods: readonly SessionMethod[];
  /** Names machine and context for BuildKit's cache of local files. */
  readonly sharedKey: string;
  /** BuildKit has to ask the policy method about all that it takes. */
  readonly hasPolicies: boolean;
  /** Other builds whose results this one uses, or that use its result. */
  readonly links?: TargetLinks;
  /** Holds the build for its client. */
  readonly hold?: BuildHold;
}

/** What BuildKit returned. */
export interface Solved {
  readonly exporterResponse: ExporterResponse;
  /** Metadata of the frontend's answer; for calls only. */
  readonly answer?: GatewayResult;
}

/** Runs one solve to its end. Rejects with BuildKit's ConnectError; everything opened is closed by then. */
export async function solve(
  client: BuildkitClient,
  plan: SolvePlan,
  { ref, frontend: given, methods, sharedKey, hasPolicies, links, hold }: SolveCall,
  signal: AbortSignal,
  onStatus: (status: StatusResponse) => Promise<void>,
): Promise<Solved> {
  const inputs = links && (await frontendInputs(links, signal));
  const frontend = inputs ? withInputs(given, inputs) : given;
  const headers = recordingHeaders();
  const session = await client.openSession({ methods: [...methods], sharedKey, headers, signal });
  const watch = watchStatus(client, ref, onStatus, signal);
  try {
    const request = solveRequest(plan, ref, session.id);
    if (hasPolicies) request.sourcePolicySession = session.id;
    if (!plan.isCall && !links && !hasPolicies && !hold) {
      const asked = { ...request, frontend: frontend.name, frontendAttrs: { ...frontend.attributes } };
      const { exporterResponse } = await client.control.solve(asked, { headers, signal });
      return { exporterResponse };
    }
    const [{ exporterResponse }, answer] = await Promise.all([
      client.control.solve({ ...request, internal: plan.isCall }, { headers, signal }),
      solveThroughGateway(client, ref, frontend, signal, {
        inputs: inputs?.definitions,
        requires: [
          // One that does not know it would build without asking.
          ...(hasPolicies ? [{ capability: "source.policy.session", for: "enforce build policies" }] : []),
          ...(hold ? holdCapabilities.map((capability) => ({ capability, for: "hold a build" })) : []),
        ],
        onResult: async (result, gateway) => {
          // Without targets that use it, nothing is solved for a call.
          await links?.provides?.provide(
            plan.isCall ? await buildOf(gateway, frontend, inputs?.definitions) : result,
            signal,
          );
          await hold?.solve(result, gateway, signal);
        },
      }),
    ]);
    return plan.isCall ? { exporterResponse, answer } : { exporterResponse };
  } catch (cause) {
    throw await fullSolveError(client, ref, cause, signal);
  } finally {
    await watch.drained();
    await session.close();
  }
}

/** The frontend with the results of other targets as contexts. */
function withInputs({ name, attributes }: Frontend, inputs: FrontendInputs): Frontend {
  const capabilities = new Set(
    [attributes, inputs.attributes].flatMap((each) => each[capabilitiesKey]?.split(",") ?? []),
  );
  return {
    name,
    attributes: { ...attributes, ...inputs.attributes, [capabilitiesKey]: [...capabilities].join(",") },
  };
}

/** The result of a target that answers a call, for the targets that use it. No step of it runs before one needs it. */
async function buildOf(
  { bridge, options }: Gateway,
  { name, attributes }: Frontend,
  frontendInputs: FrontendInputs["definitions"] = {},
): Promise<Result> {
  const { [requestKey]: _, ...frontendOpt } = attributes;
  const { result } = await bridge.solve(
    { frontend: name, frontendOpt, ...resultForm, frontendInputs },
    options,
  );
  return result ?? create(ResultSchema);
}

/** The request without its frontend. */
function solveRequest({ exports, caches, entitlements }: SolvePlan, ref: string, session: string) {
  const exporters = exports.map(backend);
  return create(SolveRequestSchema, {
    ref,
    session,
    // BuildKit before 0.13 reads these two; later ones prefer the list.
    exporterDeprecated: exporters[0]?.type ?? "",
    exporterAttrsDeprecated: exporters[0]?.attrs ?? {},
    exporters,
    entitlements: [...entitlements],
    cache: { imports: caches.imports.map(backend), exports: caches.exports.map(backend) },
  });
}

function backend({ type, attributes }: Cache) {
  return { type, attrs: { ...attributes } };
}

/** Follows a build's progress. Only Solve decides whether the build succeeded, so errors here end only the display. */
function watchStatus(
  client: BuildkitClient,
  ref: string,
  onStatus: (status: StatusResponse) => Promise<void>,
  signal: AbortSignal,
) {
  const abort = new AbortController();
  let seen = performance.now();
  const done = (async () => {
    for await (const status of mergeStatuses(client.control.status({ ref }, { signal: abort.signal }))) {
      await onStatus(status);
      seen = performance.now();
    }
  })().catch(() => {});
  return {
    /**
     * Resolves when all progress was seen, or when none has come for a while. A BuildKit that has
     * not noticed the cancellation continues the build, and its progress does not end.
     */
    async drained() {
      const end = performance.now();
      seen = end;
      const isLate = () => performance.now() - (signal.aborted ? end : seen) > drainMs;
      const idle = setInterval(() => isLate() && abort.abort(), 250);
      await done;
      clearInterval(idle);
    },
  };
}
