import { Code, type ConnectError } from "@connectrpc/connect";
import { typedError } from "../../../errors/typed-error.js";

/** Objects that several hosts read and write, each by its name. */
export interface SharedStore {
  /** Stores an object, all or nothing. */
  put(name: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** The content of an object; undefined when there is none. Who does not read it to its end returns the iterator. */
  get(name: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Removes an object, if it is there. */
  remove(name: string): Promise<void>;
  close(): void;
}

/** UNAVAILABLE, reason UPLOADS_UNAVAILABLE. */
export function uploadsUnavailable(cause: unknown): ConnectError {
  const { name, message } = cause as Error;
  const error = typedError({
    code: Code.Unavailable,
    reason: "UPLOADS_UNAVAILABLE",
    message: `The uploads that the hosts share cannot be read or written: ${message || name}.`,
    remedy: "Try again when the folder or the bucket can be used.",
  });
  return Object.assign(error, { cause });
}
