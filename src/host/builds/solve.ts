import { create } from "@bufbuild/protobuf";
import type { BuildkitClient } from "../../buildkit/client.js";
import { fullSolveError } from "../../buildkit/full-solve-error.js";
import type { RecordedProvenance } from "../../buildkit/provenance.js";
import type { SessionMethod } from "../../buildkit/session/method.js";
import { SolveRequestSchema, type StatusResponse } from "../../gen/moby/buildkit/v1/control_pb.js";
import { type GatewayResult, solveThroughGateway } from "./gateway.js";
import type { Cache } from "./spec/caches.js";
import type { Export } from "./spec/exports.js";
import type { Frontend } from "./spec/frontend.js";

/** So long BuildKit may be silent about a build that has ended, in milliseconds. */
const drainMs = 5_000;

/** One build as one node's BuildKit is asked for it. */
export interface SolvePlan {
  /** Unique reference; the build's name in BuildKit's history. */
  ref: string;
  frontend: Frontend;
  exports: Export[];
  cacheImports: Cache[];
  cacheExports: Cache[];
  entitlements: string[];
  /** What BuildKit may call back for. */
  methods: SessionMethod[];
  /** Names machine and context for BuildKit's cache of local files. */
  sharedKey: string;
  /** Ask the frontend and return its answer instead of building. */
  isCall: boolean;
}

/** What came of a build. */
export interface Solved {
  exporterResponse: Record<string, string>;
  /** Metadata of the frontend's answer; for calls only. */
  answer?: GatewayResult;
  /** Only if it was asked for. */
  provenance?: RecordedProvenance[];
}

/** Runs one build to its end. Rejects with BuildKit's ConnectError; everything opened is closed by then. */
export async function solve(
  client: BuildkitClient,
  plan: SolvePlan,
  signal: AbortSignal,
  onStatus: (status: StatusResponse) => Promise<void>,
): Promise<Solved> {
  const session = await client.openSession({ methods: plan.methods, sharedKey: plan.sharedKey });
  const watch = watchStatus(client, plan.ref, onStatus);
  try {
    const request = solveRequest(plan, session.id);
    if (!plan.isCall) {
      const { exporterResponse } = await client.control.solve(request, { signal });
      return { exporterResponse };
    }
    const asked = { ...request, frontend: "", frontendAttrs: {}, internal: true };
    const [{ exporterResponse }, answer] = await Promise.all([
      client.control.solve(asked, { signal }),
      solveThroughGateway(client, plan.ref, plan.frontend, signal),
    ]);
    return { exporterResponse, answer };
  } catch (cause) {
    throw await fullSolveError(client, plan.ref, cause);
  } finally {
    await watch.drained();
    await session.close();
  }
}

function solveRequest(plan: SolvePlan, session: string) {
  const exporters = plan.exports.map(({ type, attributes }) => ({ type, attrs: attributes }));
  return create(SolveRequestSchema, {
    ref: plan.ref,
    session,
    frontend: plan.frontend.name,
    frontendAttrs: plan.frontend.attributes,
    // BuildKit before 0.13 reads these two; later ones prefer the list.
    exporterDeprecated: exporters[0]?.type ?? "",
    exporterAttrsDeprecated: exporters[0]?.attrs ?? {},
    exporters,
    entitlements: plan.entitlements,
    cache: {
      imports: plan.cacheImports.map(({ type, attributes }) => ({ type, attrs: attributes })),
      exports: plan.cacheExports.map(({ type, attributes }) => ({ type, attrs: attributes })),
    },
  });
}

/** Follows a build's progress. Whether the build went well is told by Solve alone, so errors here end only the view. */
function watchStatus(
  client: BuildkitClient,
  ref: string,
  onStatus: (status: StatusResponse) => Promise<void>,
) {
  const abort = new AbortController();
  let seen = Date.now();
  const done = (async () => {
    for await (const status of client.control.status({ ref }, { signal: abort.signal })) {
      await onStatus(status);
      seen = Date.now();
    }
  })().catch(() => {});
  return {
    /** Resolves when all progress was seen, or when none has come for a while. */
    async drained() {
      seen = Date.now();
      const idle = setInterval(() => Date.now() - seen > drainMs && abort.abort(), 250);
      await done;
      clearInterval(idle);
    },
  };
}
