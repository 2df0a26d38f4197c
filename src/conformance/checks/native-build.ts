import { Code } from "@connectrpc/connect";
import { type BuildSpec, BuildSpecSchema } from "../../gen/slipway/build/v1/build_spec_pb.js";
import { Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { BuildResponse } from "../../gen/slipway/nativebuild/v1/native_build_pb.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { isReason, mustFail } from "../call-outcome.js";
import { type Check, needs } from "../check.js";
import { tryAcquire } from "../leases.js";
import {
  build,
  claimed,
  content,
  dockerfile,
  mustEnd,
  type Request,
  requests,
  specOf,
} from "../native-builds.js";
import { must } from "../report/violation.js";
import { collect, streamOf } from "../streams.js";

/** Checks of drivers that build without BuildKit. */
export const nativeBuildChecks: Check[] = [
  {
    id: "DRV-NATIVE-CLAIMS",
    title: "build.native lists the supported fields and outputs",
    rule: "builds-without-buildkit",
    when: needs(capabilityIds.nativeBuild),
    async run(subject) {
      const known = new Set(BuildSpecSchema.fields.map(({ name }) => name));
      const unknown = claimed(subject, "fields").find((name) => !known.has(name));
      must(!unknown, `The driver claims the field ${unknown}, which BuildSpec does not have.`);
      must(claimed(subject, "outputs").length > 0, "The driver claims no outputs.");
    },
  },
  {
    id: "DRV-NATIVE-ACQUIRE",
    title: "Acquire fails with UNIMPLEMENTED, since there is no BuildKit",
    rule: "builds-without-buildkit",
    sample: true,
    when: needs(capabilityIds.nativeBuild),
    async run(subject) {
      const { driver } = await subject.peer();
      const request = { driver: subject.driver.name, config: await subject.sample() };
      await mustFail("Acquire", tryAcquire(driver, request), { code: Code.Unimplemented });
    },
  },
  {
    id: "DRV-NATIVE-INCOMPLETE",
    title: "A build without a start message fails with INVALID_ARGUMENT",
    rule: "errors",
    when: needs(capabilityIds.nativeBuild),
    async run(subject) {
      const { nativeBuild: client } = await subject.peer();
      const chunk: Request = { message: { case: "context", value: { upload: "context", last: true } } };
      const expected = { code: Code.InvalidArgument };
      await mustFail("A Build without a start", collect(client.build(streamOf(chunk))), expected);
    },
  },
  {
    id: "DRV-NATIVE-CHECK",
    title: "CheckBuild reports what cannot be built, and accepts the rest",
    rule: "builds-without-buildkit",
    backend: true,
    when: needs(capabilityIds.nativeBuild),
    async run(subject) {
      const { nativeBuild: client } = await subject.peer();
      const check = async (spec: BuildSpec) =>
        (await client.checkBuild({ ...(await subject.node()), spec })).diagnostics;
      const errors = (await check(specOf(subject))).filter(({ severity }) => severity <= Severity.ERROR);
      must(errors.length === 0, `A valid build spec is refused: ${errors[0]?.message}`);
      const spec = specOf(subject);
      if (spec.outputs.length === 0) return;
      spec.outputs[0]!.attributes["conformance-unknown"] = "1";
      const field = "outputs[0].attributes[conformance-unknown]";
      const found = (await check(spec)).some((finding) => finding.field === field);
      must(found, `CheckBuild does not report ${field}, an unknown attribute.`);
    },
  },
  {
    id: "DRV-NATIVE-BUILD",
    title: "Build accepts files, and sends progress, complete outputs and finally the result",
    rule: "builds-without-buildkit",
    backend: true,
    when: needs(capabilityIds.nativeBuild),
    async run(subject) {
      const spec = specOf(subject);
      const messages = await build(subject, spec);
      mustEnd(messages, "result");
      must(
        messages.some((message) => message.case === "progress" && message.value.vertexes.length > 0),
        "The build reports no steps.",
      );
      if (spec.outputs.length === 0) return;
      const chunks = messages.flatMap((message) => (message.case === "output" ? [message.value] : []));
      must(chunks.at(-1)?.last, "The output has no last chunk.");
      must(chunks.filter(({ last }) => last).length === 1, "The output has several last chunks.");
      const bytes = Buffer.concat(chunks.map(({ data }) => data));
      const isFiles = ["tar", "local"].includes(spec.outputs[0]!.type);
      must(!isFiles || bytes.includes(content), "The output does not contain the file of the context.");
    },
  },
  {
    id: "DRV-NATIVE-ERROR",
    title: "A failed build ends with an error message that has a reason, and the call succeeds",
    rule: "builds-without-buildkit",
    backend: true,
    when: needs(capabilityIds.nativeBuild),
    async run(subject) {
      const messages = await build(subject, specOf(subject, "FROM scratch\nCOPY conformance-missing /\n"));
      mustEnd(messages, "error");
      const { value } = messages.at(-1) as Extract<BuildResponse["message"], { case: "error" }>;
      must(isReason(value.reason), `The reason "${value.reason}" is not in UPPER_SNAKE_CASE.`);
      must(value.message, "The error has no message.");
    },
  },
  {
    id: "DRV-NATIVE-CANCEL",
    title: "The next build succeeds after one that was cancelled while its context was sent",
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
      const ended = mustFail("A cancelled Build", collect(stream), { code: Code.Canceled });
      setTimeout(() => cancel.abort(), 500);
      await ended;
      mustEnd(await build(subject, specOf(subject)), "result");
    },
  },
  {
    id: "DRV-NATIVE-SECRETS",
    title: "No log and no message contains a value of a secret",
    rule: "builds-without-buildkit",
    process: true,
    backend: true,
    when: needs(capabilityIds.nativeBuild),
    async run(subject) {
      if (!claimed(subject, "fields").includes("secrets")) return;
      const messages = await build(subject, specOf(subject, dockerfile, subject.canary));
      const text = JSON.stringify(messages, (_, value) => (typeof value === "bigint" ? `${value}` : value));
      const logs = messages.flatMap((message) =>
        message.case === "progress" ? message.value.logs.map(({ data }) => Buffer.from(data).toString()) : [],
      );
      must(!`${text}${logs.join("")}`.includes(subject.canary), "A message contains the value of a secret.");
      must(
        !(await subject.processes.written()).includes(subject.canary),
        "The plugin's log contains the value of a secret.",
      );
    },
  },
];
