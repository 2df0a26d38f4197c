import type { Duration } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import type { BuilderInstance, ListBuildersResponse } from "../../gen/slipway/v1/builder_pb.js";
import type { Host } from "../host.js";

/** So long nothing is shown: nearly all nodes have answered by then. In milliseconds. */
const quietMs = 300;

/**
 * Lists builders with the state of their nodes, each asked by itself, and tells what is known whenever another one has
 * answered, with the names of those that have not.
 */
export async function followBuilders(
  { builders: service, environment }: Pick<Host, "builders" | "environment">,
  timeout: Duration,
  tell: (builders: readonly BuilderInstance[], waiting: ReadonlySet<string>) => void,
): Promise<Pick<ListBuildersResponse, "builders" | "diagnostics">> {
  const { builders, diagnostics } = await service.listBuilders({ environment });
  const waiting = new Set(builders.map(({ name }) => name));
  let isQuiet = true;
  const timer = setTimeout(() => {
    isQuiet = false;
    tell(builders, waiting);
  }, quietMs);
  try {
    await Promise.all(
      builders.map(async (listed, index) => {
        const { name } = listed;
        try {
          const { builder } = await service.getBuilder({ name, environment, inspect: true, timeout });
          builders[index] = builder ?? listed;
        } catch (cause) {
          // It may have been removed meanwhile.
          listed.error ||= ConnectError.from(cause).rawMessage;
        }
        waiting.delete(name);
        if (!isQuiet && waiting.size > 0) tell(builders, waiting);
      }),
    );
  } finally {
    clearTimeout(timer);
  }
  return { builders, diagnostics };
}
