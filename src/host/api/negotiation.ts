import { createHash } from "node:crypto";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Code, type HandlerContext } from "@connectrpc/connect";
import { helperVariables } from "../../config/helper-environment.js";
import { typedError } from "../../errors/typed-error.js";
import { NegotiateResponseSchema } from "../../gen/slipway/v1/host_pb.js";
import { maxSecretBytes } from "../../inputs/secret.js";
import { version } from "../../util/version.js";
import { callerOf, principalOf } from "../access/caller.js";
import { buildxVariables } from "../builders/buildx-instances.js";
import type { Builds } from "../builds/builds.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import type { Limits } from "../quotas/limits.js";
import type { Uploads } from "../uploads/uploads.js";
import { capabilitiesFor } from "./host-capabilities.js";
import { maxChunkBytes, maxMessageBytes } from "./limits.js";

/** What the host's answer to Negotiate depends on. */
export interface NegotiationOptions {
  builds: Builds;
  uploads: Uploads;
  limits: Limits;
  plugins: PluginManager;
}

/** The host's answer to Negotiate. Its etag lets clients keep the answer; see docs/api.md. */
export class Negotiation {
  constructor(private readonly options: NegotiationOptions) {}

  /** The answer for the caller. */
  async answer(context: HandlerContext) {
    const { builds, uploads, limits, plugins } = this.options;
    const drivers = await plugins.describe();
    const wanted = drivers.flatMap(({ descriptor }) => descriptor.environmentVariables);
    const principal = principalOf(context);
    const isLocal = callerOf(context).transport === "unix";
    // The host runs credential helpers for clients on its machine only, and must not be sent their secrets by others.
    const own = isLocal ? [...buildxVariables, ...helperVariables] : buildxVariables;
    const variables = [...new Set([...wanted, ...own])];
    return {
      host: { name: "slipway", version },
      capabilities: capabilitiesFor({ isLocal }),
      environment: { variables },
      principal: principal.id,
      limits: {
        maxMessageBytes: BigInt(maxMessageBytes),
        maxSecretBytes: BigInt(maxSecretBytes),
        maxChunkBytes: BigInt(maxChunkBytes),
        maxRunningBuilds: orZero(builds.runLimitOf(principal)),
        maxUploadBytes: orZero(uploads.storageLimitOf(principal)),
        maxBuildLogBytes: orZero(limits["build-log"]),
      },
    };
  }

  /** Throws FAILED_PRECONDITION, reason NEGOTIATION_OUTDATED, if the caller acts on an answer that no longer holds. */
  async requireCurrent(context: HandlerContext): Promise<void> {
    const kept = context.requestHeader.get("if-match");
    if (!kept || kept === etagOf(await this.answer(context))) return;
    throw typedError({
      code: Code.FailedPrecondition,
      reason: "NEGOTIATION_OUTDATED",
      message: "The answer to Negotiate that the client kept does not hold any more.",
      remedy: "Call Negotiate, and send the request again with the new answer's etag.",
    });
  }
}

/** The etag of an answer: equal answers have the same one. */
export function etagOf(answer: MessageInitShape<typeof NegotiateResponseSchema>): string {
  const bytes = toBinary(NegotiateResponseSchema, create(NegotiateResponseSchema, answer));
  return `"${createHash("sha256").update(bytes).digest("base64url")}"`;
}

/** A limit as the API announces it: 0 for none. */
function orZero(limit: number): bigint {
  return Number.isFinite(limit) ? BigInt(limit) : 0n;
}
