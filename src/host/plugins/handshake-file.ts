import { createHash } from "node:crypto";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type HandshakeResponse, HandshakeResponseSchema } from "../../gen/slipway/driver/v1/driver_pb.js";

/** The content of a file with a plugin's answer to Handshake, for one identity of its program. */
export function formatHandshake(identity: string, response: HandshakeResponse): string {
  const answer = Buffer.from(toBinary(HandshakeResponseSchema, response)).toString("base64");
  return `${digestOf(identity, answer)}\n${answer}\n`;
}

/** Reads {@link formatHandshake}. Undefined for another identity; may throw for a damaged file. */
export function parseHandshake(identity: string, text: string): HandshakeResponse | undefined {
  const [digest, answer = ""] = text.split("\n");
  if (digest !== digestOf(identity, answer)) return undefined;
  return fromBinary(HandshakeResponseSchema, Buffer.from(answer, "base64"));
}

/** Proves that an answer is complete and belongs to the program. */
function digestOf(identity: string, answer: string): string {
  return createHash("sha256").update(`${identity}\n${answer}`).digest("hex");
}
