import {
  type Agent,
  AgentMessage,
  decodeString,
  encodeMessage,
  encodeString,
  readMessages,
} from "./agent-protocol.js";
import type { PrivateKey } from "./private-key.js";

/** An agent with the given keys in memory, which clients cannot change. */
export function keyAgent(keys: readonly PrivateKey[]): Agent {
  return async function* (requests) {
    for await (const message of readMessages(requests)) yield answer(keys, message);
  };
}

function answer(keys: readonly PrivateKey[], message: Buffer): Buffer {
  switch (message[0]) {
    case AgentMessage.requestIdentities: {
      const count = Buffer.alloc(4);
      count.writeUInt32BE(keys.length);
      const list = keys.flatMap((key) => [encodeString(key.blob), encodeString(key.comment)]);
      return encodeMessage(AgentMessage.identitiesAnswer, count, ...list);
    }
    case AgentMessage.signRequest: {
      const blob = decodeString(message, 1);
      const data = decodeString(message, blob.next);
      const flags = message.length >= data.next + 4 ? message.readUInt32BE(data.next) : 0;
      const key = keys.find((candidate) => candidate.blob.equals(blob.value));
      return key === undefined
        ? encodeMessage(AgentMessage.failure)
        : encodeMessage(AgentMessage.signResponse, encodeString(key.sign(data.value, flags)));
    }
    default:
      return encodeMessage(AgentMessage.failure);
  }
}
