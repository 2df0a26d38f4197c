import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { pack } from "tar-stream";
import { Severity } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import type { BuildRequestSchema, BuildResponse } from "../../gen/slipway/nativebuild/v1/native_build_pb.js";
import { type BuildSpec, BuildSpecSchema } from "../../gen/slipway/v1/build_spec_pb.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { isReason, mustFail, mustSucceed } from "../call-outcome.js";
import { type Check, needs } from "../check.js";
import { collect, only } from "../streams.js";
import type { Subject } from "../subject.js";
import { must } from "../violation.js";

type Request = MessageInitShape<typeof BuildRequestSchema>;

/** What the built image has in its only file. */
const content = "built by the conformance kit\n";
const dockerfile = "FROM scratch\nCOPY file /file\n";

/** Output types whose bytes come back; the first that a driver claims is used. */
const sent = ["tar", "local", "oci", "docker"];

function claimed({ driver }: Subject, key: "fields" | "outputs"): string[] {
  const value = driver.capabilities.find(({ id }) => id === capabilityIds.nativeBuild)?.settings?.[key];
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}

/** A specification as the host would send it. */
function specOf(subject: Subject, text = dockerfile, secret = ""): BuildSpec {
  const type = sent.find((name) => claimed(subject, "outputs").includes(name));
  return create(BuildSpecSchema, {
    context: { source: { case: "upload", value: "context" } },
    dockerfile: { source: { case: "content", value: Buffer.from(text) } },
    outputs: type ? [{ type }] : [],
    secrets: secret ? [{ id: "conformance", value: Buffer.from(secret) }] : [],
  });
}

/** The messages of a build with one file in its context. */
async function* requests(subject: Subject, spec: BuildSpec, until?: AbortSignal): AsyncGenerator<Request> {
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

async function build(subject: Subject, spec: BuildSpec): Promise<BuildResponse["message"][]> {
  await subject.bootstrap();
  const { nativeBuild: client } = await subject.peer();
  const call = collect(client.build(requests(subject, spec)));
  return (await mustSucceed("Build", call)).map(({ message }) => message);
}

/** Throws unless the last message, and no other, says how the build ended. */
function mustEnd(messages: BuildResponse["message"][], how: "result" | "error"): void {
  const ends = messages.flatMap(({ case: name }, index) =>
    name === "result" || name === "error" ? [index] : [],
  );
  must(ends.length > 0, "the build ended without a result or an error");
  must(ends.length === 1 && ends[0] === messages.length - 1, "the result or error is not the last message");
  const last = messages.at(-1)!;
  const seen = last.case === "error" ? `${last.value.reason}: ${last.value.message}` : last.case;
  must(last.case === how, `the build ended with ${seen}; expected its ${how}`);
}

/** Builds without BuildKit. */
export const nativeBuildChecks: Check[] = [
  {
    id: "DRV-NATIVE-CLAIMS",
    title: "build.native says which fields and outputs a build may have",
    rule: "builds-without-buildkit",
    when: needs(capabilityIds.nativeBuild),
    async run(subject) {
      const known = new Set(BuildSpecSchema.fields.map(({ name }) => name));
      const unknown = claimed(subject, "fields").find((name) => !known.has(name));
      must(!unknown, `it claims the field ${unknown}, which BuildSpec does not have`);
      must(claimed(subject, "outputs").length > 0, "it claims no outputs");
    },
  },
  {
    id: "DRV-NATIVE-DIAL",
    title: "Dial answers UNIMPLEMENTED, since there is nothing to dial",
    rule: "builds-without-buildkit",
    sample: true,
    when: needs(capabilityIds.nativeBuild),
    async run(subject) {
      const { driver } = await subject.peer();
      const request = { driver: subject.driver.name, config: await subject.sample() };
      await mustFail("Dial", driver.dial(request), { code: Code.Unimplemented });
    },
  },
  {
    id: "DRV-NATIVE-INCOMPLETE",
    title: "a build that does not begin with its start is INVALID_ARGUMENT",
    rule: "errors",
    when: needs(capabilityIds.nativeBuild),
    async run(subject) {
      const { nativeBuild: client } = await subject.peer();
      const piece: Request = { message: { case: "context", value: { upload: "context", last: true } } };
      const expected = { code: Code.InvalidArgument };
      await mustFail("a Build without a start", collect(client.build(only(piece))), expected);
    },
  },
  {
    id: "DRV-NATIVE-CHECK",
    title: "CheckBuild finds what cannot be built, and nothing in what can",
    rule: "builds-without-buildkit",
    backend: true,
    when: needs(capabilityIds.nativeBuild),
    async run(subject) {
      const { nativeBuild: client } = await subject.peer();
      const check = async (spec: BuildSpec) =>
        (await client.checkBuild({ ...(await subject.node()), spec })).diagnostics;
      const errors = (await check(specOf(subject))).filter(({ severity }) => severity <= Severity.ERROR);
      must(errors.length === 0, `a plain specification is refused: ${errors[0]?.message}`);
      const spec = specOf(subject);
      if (spec.outputs.length === 0) return;
      spec.outputs[0]!.attributes["conformance-unknown"] = "1";
      const field = "outputs[0].attributes[conformance-unknown]";
      const found = (await check(spec)).some((finding) => finding.field === field);
      must(found, `it says nothing of ${field}, an attribute that does not exist`);
    },
  },
  {
    id: "DRV-NATIVE-BUILD",
    title: "Build takes files and gives progress, whole outputs and at last the result",
    rule: "builds-without-buildkit",
    backend: true,
    when: needs(capabilityIds.nativeBuild),
    async run(subject) {
      const spec = specOf(subject);
      const messages = await build(subject, spec);
      mustEnd(messages, "result");
      must(
        messages.some((message) => message.case === "progress" && message.value.vertexes.length > 0),
        "it tells no steps",
      );
      if (spec.outputs.length === 0) return;
      const pieces = messages.flatMap((message) => (message.case === "output" ? [message.value] : []));
      must(pieces.at(-1)?.last, "the output has no last piece");
      must(pieces.filter(({ last }) => last).length === 1, "the output has several last pieces");
      const bytes = Buffer.concat(pieces.map(({ data }) => data));
      const isFiles = ["tar", "local"].includes(spec.outputs[0]!.type);
      must(!isFiles || bytes.includes(content), "the file of the context is not in the output");
    },
  },
  {
    id: "DRV-NATIVE-ERROR",
    title: "a build that fails ends with an error that has a reason and a message, and the call goes well",
    rule: "builds-without-buildkit",
    backend: true,
    when: needs(capabilityIds.nativeBuild),
    async run(subject) {
      const messages = await build(subject, specOf(subject, "FROM scratch\nCOPY conformance-missing /\n"));
      mustEnd(messages, "error");
      const { value } = messages.at(-1) as Extract<BuildResponse["message"], { case: "error" }>;
      must(isReason(value.reason), `its reason "${value.reason}" is not in UPPER_SNAKE_CASE`);
      must(value.message, "its error has no message");
    },
  },
  {
    id: "DRV-NATIVE-CANCEL",
    title: "a build that is cancelled in mid-context does not stand in the way of the next",
    rule: "builds-without-buildkit",
    backend: true,
    when: needs(capabilityIds.nativeBuild),
    async run(subject) {
      await subject.bootstrap();
      const { nativeBuild: client } = await subject.peer();
      const cancel = new AbortController();
      const stream = client.build(requests(subject, specOf(subject), cancel.signal), {
        signal: cancel.signal,
      });
      const ended = mustFail("a cancelled Build", collect(stream), { code: Code.Canceled });
      setTimeout(() => cancel.abort(), 500);
      await ended;
      mustEnd(await build(subject, specOf(subject)), "result");
    },
  },
  {
    id: "DRV-NATIVE-SECRETS",
    title: "values of secrets are in no log and no message",
    rule: "builds-without-buildkit",
    backend: true,
    when: needs(capabilityIds.nativeBuild),
    async run(subject) {
      if (!claimed(subject, "fields").includes("secrets")) return;
      const messages = await build(subject, specOf(subject, dockerfile, subject.canary));
      const told = JSON.stringify(messages, (_, value) => (typeof value === "bigint" ? `${value}` : value));
      const logs = messages.flatMap((message) =>
        message.case === "progress" ? message.value.logs.map(({ data }) => Buffer.from(data).toString()) : [],
      );
      must(!`${told}${logs.join("")}`.includes(subject.canary), "the value of a secret is in a message");
      must(
        !(await subject.written()).includes(subject.canary),
        "the value of a secret is in the plugin's log",
      );
    },
  },
];
