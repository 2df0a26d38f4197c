import { generateKeyPairSync } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import ssh2 from "ssh2";
import { expect, test } from "vitest";
import { BytesMessageSchema, CheckAgentRequestSchema } from "../../gen/moby/sshforward/v1/ssh_pb.js";
import { callMethod } from "../session/session-call.test-helper.js";
import { AgentMessage, decodeString, encodeMessage, encodeString, readMessages } from "./agent-protocol.js";
import { openAgent } from "./open-agent.js";
import { ssh } from "./ssh.js";

const pem = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
  type: "sec1",
  format: "pem",
});
const agent = await openAgent("default", { kind: "keys", keys: [{ name: "ci", data: Buffer.from(pem) }] });
const [checkAgent, forwardAgent] = ssh(new Map([["default", agent]]));

function check(id: string) {
  const request = toBinary(CheckAgentRequestSchema, create(CheckAgentRequestSchema, { id }));
  return callMethod(checkAgent!, { messages: [request] });
}

async function forward(...requests: Uint8Array[]): Promise<Buffer[]> {
  const messages = requests.map((data) => toBinary(BytesMessageSchema, create(BytesMessageSchema, { data })));
  const { sent, error } = await callMethod(forwardAgent!, {
    headers: { "buildkit.ssh.id": "default" },
    messages,
  });
  if (error !== undefined) throw error;
  const bytes = sent.map((message) => fromBinary(BytesMessageSchema, message).data);
  const answers: Buffer[] = [];
  for await (const answer of readMessages(toAsync(bytes))) answers.push(answer);
  return answers;
}

async function* toAsync<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

test("knows the given ids; an empty one is the default", async () => {
  expect((await check("default")).error).toBeUndefined();
  expect((await check("")).error).toBeUndefined();
  expect((await check("other")).error).toMatchObject({
    code: Code.NotFound,
    message: expect.stringContaining("other"),
  });
  expect((await callMethod(forwardAgent!, { headers: { "buildkit.ssh.id": "x" } })).error).toMatchObject({
    code: Code.NotFound,
  });
});

test("lists a key and signs with it, however the requests are split into chunks", async () => {
  const list = encodeMessage(AgentMessage.requestIdentities);
  const [identities] = await forward(list);
  expect(identities![0]).toBe(AgentMessage.identitiesAnswer);
  expect(identities!.readUInt32BE(1)).toBe(1);
  const blob = decodeString(identities!, 5);
  expect(decodeString(identities!, blob.next).value.toString()).toBe("ci");

  const data = Buffer.from("to be signed");
  const sign = encodeMessage(
    AgentMessage.signRequest,
    encodeString(blob.value),
    encodeString(data),
    Buffer.alloc(4),
  );
  const both = Buffer.concat([list, sign]);
  const answers = await forward(...Array.from(both, (byte) => Buffer.of(byte)));
  expect(answers.map((answer) => answer[0])).toEqual([
    AgentMessage.identitiesAnswer,
    AgentMessage.signResponse,
  ]);

  const signature = decodeString(answers[1]!, 1).value;
  const algorithm = decodeString(signature, 0);
  expect(algorithm.value.toString()).toBe("ecdsa-sha2-nistp256");
  expect(decodeString(signature, algorithm.next).value.length).toBeGreaterThan(64);
  expect((ssh2.utils.parseKey(pem.toString()) as ssh2.ParsedKey).getPublicSSH()).toEqual(blob.value);
});

test("answers all requests but listing and signing with a failure", async () => {
  const addKey = encodeMessage(17, encodeString("ssh-ed25519"));
  const unknownKey = encodeMessage(
    AgentMessage.signRequest,
    encodeString("?"),
    encodeString("data"),
    Buffer.alloc(4),
  );
  expect(await forward(addKey, unknownKey)).toEqual([
    Buffer.of(AgentMessage.failure),
    Buffer.of(AgentMessage.failure),
  ]);
});

test.each([
  ["an endless message", Buffer.of(0xff, 0xff, 0xff, 0xff, 11)],
  ["an empty message", Buffer.of(0, 0, 0, 0)],
  ["a cut string", encodeMessage(AgentMessage.signRequest, Buffer.of(0, 0, 0, 9, 1))],
])("%s ends the connection", async (_, request) => {
  await expect(forward(request)).rejects.toThrow(/SSH agent request/);
});
