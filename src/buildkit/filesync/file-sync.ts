import { Code, ConnectError } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { type Filter, makeFilter } from "../../inputs/files/filter.js";
import { PatternError } from "../../inputs/files/glob.js";
import type { FileSource } from "../../inputs/files/source.js";
import { decodePercent } from "../session/grpc-message.js";
import type { SessionCall, SessionMethod } from "../session/method.js";
import { type Sent, sendTree } from "./send-tree.js";

/** Options of file transfers. */
export interface FileSyncOptions {
  /** Called often during a transfer. A folder may be transferred several times, also concurrently. */
  onProgress?: (name: string, sent: Sent) => void;
}

/**
 * The session methods by which BuildKit reads local folders. It names them `context`, `dockerfile`, or by the name of a
 * named context, and can read nothing else.
 */
export function fileSync(
  sources: Record<string, FileSource>,
  options: FileSyncOptions = {},
): SessionMethod[] {
  const table = new Map(Object.entries(sources));
  return [
    {
      path: "/moby.filesync.v1.FileSync/DiffCopy",
      async handle(call) {
        const [name = ""] = decodedHeader(call, "dir-name");
        const source = table.get(name);
        if (!source)
          throw new StatusError(Code.NotFound, `The build has no local folder ${JSON.stringify(name)}.`);
        const progress = options.onProgress && ((sent: Sent) => options.onProgress!(name, sent));
        try {
          await sendTree(call, source, await requestedFilter(call, source), progress);
        } catch (error) {
          if (error instanceof ConnectError) throw new StatusError(error.code, error.rawMessage);
          if (error instanceof PatternError) throw new StatusError(Code.InvalidArgument, error.message);
          throw error;
        }
      },
    },
  ];
}

function requestedFilter(call: SessionCall, source: FileSource): Promise<Filter> {
  return makeFilter(source, {
    include: decodedHeader(call, "include-patterns"),
    exclude: decodedHeader(call, "exclude-patterns"),
    follow: decodedHeader(call, "followpaths"),
  });
}

/** Values of a header. BuildKit escapes all of them if one is not ASCII. */
function decodedHeader(call: SessionCall, name: string): string[] {
  const values = call.header(name);
  if (call.header(`${name}-encoded`)[0] !== "1") return values;
  return values.map((value) => decodePercent(value.replaceAll("+", " ")));
}
