import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { readTypedError } from "../../../errors/typed-error.js";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { checkSensitiveValues } from "./check-sensitive-values.js";

const check = (init: MessageInitShape<typeof BuildSpecSchema>) =>
  checkSensitiveValues(create(BuildSpecSchema, init));
const numbers = (count: number) => Array.from({ length: count }, (_, at) => `${1000 + at}`);
const marked = (values: string[]) => ({
  buildArgs: Object.fromEntries(values.map((value, at) => [`A${at}`, value])),
  sensitiveParameters: values.map((_, at) => `A${at}`),
});

it("accepts as many values as the host masks", () => {
  check(marked(numbers(256)));
  check(marked(["x".repeat(128 * 1024)]));
});

it.each([
  ["too many values", marked(numbers(257))],
  ["too long values", marked(["x".repeat(100_000), "y".repeat(100_000)])],
  ["too many names", { sensitiveParameters: numbers(100_000) }],
  [
    "too many URLs",
    {
      buildArgs: {
        A: numbers(200)
          .map((at) => `https://u:${at}@r.test`)
          .join(" "),
      },
    },
  ],
])("refuses %s", (_, init) => {
  try {
    check(init);
  } catch (cause) {
    const error = readTypedError(cause);
    expect(error).toMatchObject({ code: Code.InvalidArgument, reason: "SENSITIVE_VALUES_TOO_LARGE" });
    expect(error.fields?.map(({ field }) => field)).toEqual(["spec.sensitive_parameters"]);
    return;
  }
  throw new Error("It was accepted.");
});
