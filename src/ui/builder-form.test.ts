import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { BadRequestSchema } from "../gen/google/rpc/error_details_pb.js";
import { OptionDescriptorSchema, OptionType } from "../gen/slipway/common/v1/option_pb.js";
import { ErrorHintsSchema } from "../gen/slipway/v1/error_pb.js";
import { choicesOf, findingsOf, isAbout, optionsOf } from "./builder-form.js";

const option = (name: string, type = OptionType.STRING, allowedValues: string[] = []) =>
  create(OptionDescriptorSchema, { name, type, allowedValues });

test("options have what was typed", () => {
  const typed = new Map([
    ["memory", "1g"],
    ["image", ""],
    ["env.*", "A=1\n\nB=x=y\nC"],
  ]);
  const schema = [option("memory"), option("image"), option("env.*")];
  expect(optionsOf(schema, typed)).toEqual({ memory: "1g", "env.A": "1", "env.B": "x=y", "env.C": "" });
});

test("a finding belongs to its option, or to the prefix of its option", () => {
  const [field, reason] = ["node.options[env.A]", "OPTION_INVALID"];
  const fieldViolations = [{ field, reason, description: "No." }];
  const remedies = [{ field, reason, remedy: "Do this." }];
  const cause = new ConnectError("Invalid.", Code.InvalidArgument, undefined, [
    { desc: BadRequestSchema, value: { fieldViolations } },
    { desc: ErrorHintsSchema, value: { remedies } },
  ]);
  const [finding] = findingsOf(cause)!;
  expect(finding).toEqual({
    field: "node.options[env.A]",
    message: "No.",
    remedy: "Do this.",
    isError: true,
  });
  expect([option("env.*"), option("env"), option("memory")].map((each) => isAbout(finding!, each))).toEqual([
    true,
    false,
    false,
  ]);
  expect(findingsOf(new Error("connection lost"))).toBeUndefined();
});

test("what has few values is a choice", () => {
  expect(choicesOf(option("a", OptionType.BOOL))).toEqual(["true", "false"]);
  expect(choicesOf(option("a", OptionType.ENUM, ["x"]))).toEqual(["x"]);
  expect(choicesOf(option("a", OptionType.STRING, ["x"]))).toBeUndefined();
});
