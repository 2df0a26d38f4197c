import type { Duration } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import type { BuilderInstance, ListBuildersResponse } from "../../gen/slipway/v1/builder_pb.js";
import type { Host } from "../host.js";

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
  const { builders, diagnostics } = await service.listBuilders({ environment });
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
          listed.error ||= ConnectError.from(cause).rawMessage;
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
