import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { pack } from "tar-stream";
import { type BuildSpec, BuildSpecSchema } from "../gen/slipway/build/v1/build_spec_pb.js";
import type { BuildRequestSchema, BuildResponse } from "../gen/slipway/nativebuild/v1/native_build_pb.js";
import { mustSucceed } from "./call-outcome.js";
import { must } from "./report/violation.js";
import type { Subject } from "./subject.js";

/** A request of a build. */
export type Request = MessageInitShape<typeof BuildRequestSchema>;

/** Content of the only file of the context. */
export const content = "built by the conformance kit\n";
/** A Dockerfile that copies the file. */
export const dockerfile = "FROM scratch\nCOPY file /file\n";

/** Output types that are sent back, in order of preference. */
const sentOutputs = ["tar", "local", "oci", "docker"];

/** Fields or outputs that the driver claims to support. */
export function claimed({ driver }: Subject, key: "fields" | "outputs"): string[] {
  return driver.nativeBuild?.[key] ?? [];
}

/** A build spec as the host sends it. */
export function specOf(subject: Subject, text = dockerfile, secret = ""): BuildSpec {
  const type = sentOutputs.find((name) => claimed(subject, "outputs").includes(name));
  return create(BuildSpecSchema, {
    context: { source: { case: "upload", value: "context" } },
    dockerfile: { source: { case: "content", value: Buffer.from(text) } },
    outputs: type ? [{ type }] : [],
    secrets: secret ? [{ id: "conformance", value: Buffer.from(secret) }] : [],
  });
}

/** The requests of a build whose context has one file. */
export async function* requests(
  subject: Subject,
  spec: BuildSpec,
  until?: AbortSignal,
): AsyncGenerator<Request> {
  const { driver, config } = await subject.node();
  const id = `conformance${Date.now().toString(36)}`;
  yield { message: { case: "start", value: { driver, config, id, spec } } };
  const archive = pack();
  archive.entry({ name: "file" }, content);
  archive.finalize();
  for await (const data of archive as AsyncIterable<Uint8Array>)
    yield { message: { case: "context", value: { upload: "context", data } } };
  if (until) await new Promise((resolve) => until.addEventListener("abort", resolve, { once: true }));
  else yield { message: { case: "context", value: { upload: "context", last: true } } };
}

/** Boots the node and builds; returns the messages. Half-closes at the result or error, as the host does. */
export async function build(subject: Subject, spec: BuildSpec): Promise<BuildResponse["message"][]> {
  await subject.bootstrap();
  const { nativeBuild: client } = await subject.peer();
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  async function* heldOpen() {
    yield* requests(subject, spec);
    await ended;
  }
  const messages: BuildResponse["message"][] = [];
  const call = async () => {
    for await (const { message } of client.build(heldOpen())) {
      messages.push(message);
      if (message.case === "result" || message.case === "error") end();
    }
  };
  await mustSucceed("Build", call().finally(end));
  return messages;
}

/** Throws unless only the last message is the build's result or error, and the expected one. */
export function mustEnd(messages: BuildResponse["message"][], expected: "result" | "error"): void {
  const ends = messages.flatMap(({ case: name }, index) =>
    name === "result" || name === "error" ? [index] : [],
  );
  must(ends.length > 0, "The build ended without a result or an error.");
  must(ends.length === 1 && ends[0] === messages.length - 1, "The result or error is not the last message.");
  const last = messages.at(-1)!;
  const actual = last.case === "error" ? `${last.value.reason}: ${last.value.message}` : last.case;
  must(last.case === expected, `The build ended with ${actual}, expected its ${expected}.`);
}
