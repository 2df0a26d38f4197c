import { Code, type ConnectError } from "@connectrpc/connect";
import { open } from "lmdb";
import { typedError } from "../../errors/typed-error.js";

/**
 * The format of the store: a number that changes only when records of before cannot be read. A store without one is of
 * the time before the packages of the protocols were split.
 */
export const storeFormat = "1";

/** FAILED_PRECONDITION, reason STATE_FORMAT_UNKNOWN: another version of Slipway wrote the database. */
export function formatUnknown(folder: string, format: string | undefined): ConnectError {
  return typedError({
    code: Code.FailedPrecondition,
    reason: "STATE_FORMAT_UNKNOWN",
    message: `The database ${folder} has ${format ? `the format ${format}` : "no format"}; this version of Slipway reads the format ${storeFormat} only.`,
    remedy:
      "Start the version of Slipway that wrote it, or move the database away: builders and builds are then lost.",
    metadata: { folder },
  });
}

/** The format of the store in a folder, which may be in use; undefined for an empty one. Changes nothing. */
export async function formatOf(folder: string): Promise<string | undefined> {
  const root = open({ path: folder, maxDbs: 16, encoding: "binary", readOnly: true });
  try {
    return root.openDB<string, string>({ name: "settings", encoding: "string" })?.get("format");
  } finally {
    await root.close();
  }
}
