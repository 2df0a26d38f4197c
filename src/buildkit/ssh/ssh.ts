import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import { BytesMessageSchema, SSH } from "../../gen/moby/sshforward/v1/ssh_pb.js";
import { decodeBounded } from "../../messages/answers.js";
import { type SessionMethod, unaryMethod } from "../session/method.js";
import type { Agent } from "./agent-protocol.js";

/** The agent id of a `RUN --mount=type=ssh` without an id. */
export const defaultSshId = "default";

/** Serves SSH agents by id to build steps and to Git over SSH. An unknown id is NOT_FOUND. */
export function ssh(agents: ReadonlyMap<string, Agent>): SessionMethod[] {
  const find = (id: string): Agent => {
    const agent = agents.get(id || defaultSshId);
    if (agent === undefined)
      throw new StatusError(
        Code.NotFound,
        `unset ssh forward key ${id || defaultSshId}: The build has no SSH agent or key with this id.`,
      );
    return agent;
  };
  return [
    unaryMethod(SSH.method.checkAgent, async ({ id }) => {
      find(id);
      return {};
    }),
    {
      path: `/${SSH.typeName}/${SSH.method.forwardAgent.name}`,
      async handle(call) {
        const agent = find(call.header("buildkit.ssh.id")[0] ?? "");
        for await (const data of agent(payloads(call.messages), call.signal))
          await call.send(toBinary(BytesMessageSchema, create(BytesMessageSchema, { data })));
      },
    },
  ];
}

async function* payloads(messages: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const message of messages) yield decodeBounded(BytesMessageSchema, message).data;
}
