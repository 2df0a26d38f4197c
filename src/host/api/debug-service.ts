import { constants } from "node:os";
import type { ServiceImpl } from "@connectrpc/connect";
import { invalidField } from "../../errors/typed-error.js";
import type { DebugService, TerminalSize } from "../../gen/slipway/v1/debug_pb.js";
import { chunks } from "../../util/chunks.js";
import { principalOf } from "../access/caller.js";
import type { Builds } from "../builds/builds.js";
import { endUnread } from "./end-unread.js";
import { maxChunkBytes } from "./limits.js";

/** slipway.v1.DebugService over the host's builds. */
export function debugService(builds: Builds): ServiceImpl<typeof DebugService> {
  return {
    async *startProcess(request, context) {
      const hold = await builds.holdOf(request.id, principalOf(context));
      if (request.terminal) requireSize("terminal", request.terminal);
      for await (const event of endUnread(hold.start(request, context.signal))) {
        if (event.case !== "output") yield { event };
        else
          for (const data of chunks(event.value.data ?? new Uint8Array(), maxChunkBytes))
            yield { event: { case: "output", value: { stream: event.value.stream, data } } };
      }
    },
    async writeInput({ id, processId, data, end }, context) {
      const process = (await builds.holdOf(id, principalOf(context))).process(processId);
      await process.write(data, end);
      return {};
    },
    async resizeTerminal({ id, processId, size }, context) {
      const process = (await builds.holdOf(id, principalOf(context))).process(processId);
      await process.resize(requireSize("size", size));
      return {};
    },
    async signalProcess({ id, processId, signal }, context) {
      const process = (await builds.holdOf(id, principalOf(context))).process(processId);
      if (!(`SIG${signal}` in constants.signals))
        throw invalidField(
          "signal",
          "SIGNAL_UNKNOWN",
          `${JSON.stringify(signal)} is no signal.`,
          'Such as "INT".',
        );
      await process.send({ case: "signal", value: { name: signal } });
      return {};
    },
    async continueBuild({ id, to }, context) {
      (await builds.holdOf(id, principalOf(context))).resume(to);
      return {};
    },
    async setBreakpoints({ id, breakpoints }, context) {
      return (await builds.holdOf(id, principalOf(context))).setBreakpoints(breakpoints);
    },
    async inspectStep({ id, frame }, context) {
      return (await builds.holdOf(id, principalOf(context))).inspect(frame, maxChunkBytes);
    },
    async listFiles(request, context) {
      const hold = await builds.holdOf(request.id, principalOf(context));
      return { files: await hold.list(request) };
    },
    async readFile(request, context) {
      const hold = await builds.holdOf(request.id, principalOf(context));
      return { data: await hold.read(request, maxChunkBytes) };
    },
  };
}

/** A terminal without lines or columns would be none. */
function requireSize(field: string, size: TerminalSize | undefined): TerminalSize {
  if (size && size.rows > 0 && size.columns > 0) return size;
  throw invalidField(field, "PROCESS_INVALID", "A terminal has at least one line and one column.");
}
