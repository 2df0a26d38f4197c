import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { maxFrameBytes } from "../limits.js";

/** Size of the client preface, with which an HTTP/2 connection begins. */
const prefaceBytes = 24;
const frameHeadBytes = 9;
const frameType = { headers: 1, continuation: 9 };
const flag = { endHeaders: 0x4, padded: 0x8 };

/**
 * Joins every HEADERS frame of an HTTP/2 connection with the CONTINUATION frames after it. Node's HTTP/2 silently drops
 * the connection at the ninth CONTINUATION, but BuildKit sends 16 KiB per frame, and a `.dockerignore` of some thousand
 * lines needs more.
 */
export class HeaderJoiner {
  /** Bytes before the next frame, which pass unchanged. */
  #passing = prefaceBytes;
  /** The part of an incomplete frame that is held back: its head, or all of it if it will be joined. */
  #partial: Buffer = Buffer.alloc(0);
  /** Frames of an incomplete header. */
  #joining: Buffer[] = [];
  #joiningBytes = 0;

  /**
   * Takes the next bytes of the connection and returns those that can be passed on. A header is held until it is
   * complete; one that is larger than the largest frame is an error.
   */
  push(chunk: Buffer): Buffer[] {
    const out: Buffer[] = [];
    const data = this.#partial.length ? Buffer.concat([this.#partial, chunk]) : chunk;
    /** What is before it was looked at; what is between `from` and it passes unchanged. */
    let at = 0;
    let from = 0;
    while (at < data.length) {
      if (this.#passing > 0) {
        const passed = Math.min(this.#passing, data.length - at);
        this.#passing -= passed;
        at += passed;
        continue;
      }
      if (data.length - at < frameHeadBytes) break;
      const bytes = frameHeadBytes + data.readUIntBE(at, 3);
      if (!isJoined(data, at)) {
        this.#passing = bytes;
        continue;
      }
      if (at > from) out.push(data.subarray(from, at));
      from = at;
      if (data.length - at < bytes) break;
      this.#joining.push(data.subarray(at, at + bytes));
      this.#joiningBytes += bytes;
      if (this.#joiningBytes > maxFrameBytes)
        throw new StatusError(Code.ResourceExhausted, `A header is larger than ${maxFrameBytes} bytes.`);
      if (data[at + 4]! & flag.endHeaders) out.push(...this.#joined());
      at += bytes;
      from = at;
    }
    if (at > from) out.push(data.subarray(from, at));
    this.#partial = data.subarray(at);
    return out;
  }

  #joined(): Buffer[] {
    const frames = this.#joining;
    this.#joining = [];
    this.#joiningBytes = 0;
    const bytes = frames.reduce((sum, frame) => sum + frame.length - frameHeadBytes, 0);
    if (frames.length === 1) return frames;
    const head = Buffer.from(frames[0]!.subarray(0, frameHeadBytes));
    head.writeUIntBE(bytes, 0, 3);
    head[4]! |= flag.endHeaders;
    return [head, ...frames.map((frame) => frame.subarray(frameHeadBytes))];
  }
}

/** Whether the frame at a position may be joined. Padded frames are not; BuildKit sends none. */
function isJoined(data: Buffer, at: number): boolean {
  const type = data[at + 3];
  return type === frameType.continuation || (type === frameType.headers && !(data[at + 4]! & flag.padded));
}
