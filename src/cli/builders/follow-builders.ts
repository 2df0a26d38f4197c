import { create } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { readTypedError } from "../../errors/typed-error.js";
import { DiagnosticSchema, Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { BuilderInstance, ListBuildersResponse } from "../../gen/slipway/v1/builder_pb.js";
import type { Host } from "../host.js";
import { allBuilders } from "../list-all.js";

/** Delay before the first display, in milliseconds: most nodes answer within it. */
const displayDelayMs = 300;

/**
 * Lists builders with the state of their nodes, and queries each builder separately. Calls `onUpdate` after each answer,
 * with the names of the builders that have not answered yet.
 */
export async function followBuilders(
  { builders: service, environment }: Pick<Host, "builders" | "environment">,
  timeout: Duration,
  onUpdate: (builders: readonly BuilderInstance[], waiting: ReadonlySet<string>) => void,
): Promise<Pick<ListBuildersResponse, "builders" | "diagnostics">> {
  const { builders, diagnostics } = await allBuilders(service, { environment });
  const waiting = new Set(builders.map(({ name }) => name));
  let isDelayed = true;
  const timer = setTimeout(() => {
    isDelayed = false;
    onUpdate(builders, waiting);
  }, displayDelayMs);
  try {
    await Promise.all(
      builders.map(async (listed, index) => {
        const { name } = listed;
        try {
          const { builder } = await service.getBuilder({ name, environment, inspect: true, timeout });
          builders[index] = builder ?? listed;
        } catch (cause) {
          // The builder may have been removed since it was listed.
          const { reason, message, remedy } = readTypedError(cause);
          const severity = Severity.ERROR;
          listed.error ??= create(DiagnosticSchema, { severity, reason, message, remedy });
        }
        waiting.delete(name);
        if (!isDelayed && waiting.size > 0) onUpdate(builders, waiting);
      }),
    );
  } finally {
    clearTimeout(timer);
  }
  return { builders, diagnostics };
}
