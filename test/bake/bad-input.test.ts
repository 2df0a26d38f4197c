import { expect, test } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { slipwayOf } from "../cli/slipway.js";
import { contextOf } from "../host/build.js";
import { startHost } from "../host/host.js";

/** A definition, the name of its file, what is planned, and what the error says. */
type BadInput = [
  text: string,
  file: string,
  request: { targets?: string[]; overrides?: string[] },
  error: RegExp,
];

const hcl = "docker-bake.hcl";
const cases: Record<string, BadInput> = {
  "text that does not parse": ['target "default" {\n  tags = ["a"\n}\n', hcl, {}, /^docker-bake\.hcl:3,1: /],
  "targets that need each other": [
    'target "a" { contexts = { b = "target:b" } }\ntarget "b" { contexts = { a = "target:a" } }\n',
    hcl,
    { targets: ["a"] },
    /^docker-bake\.hcl:2,14: .*infinite loop from b to a/,
  ],
  "a group of itself": [
    'group "default" { targets = ["default"] }\n',
    hcl,
    {},
    /^docker-bake\.hcl:1,19: .*failed to find target default, and the group default contains itself/,
  ],
  "targets that inherit from each other": [
    'target "a" { inherits = ["b"] }\ntarget "b" { inherits = ["a"] }\n',
    hcl,
    { targets: ["a"] },
    /^docker-bake\.hcl:1,14: target "a", attribute "inherits": a target cannot inherit from itself: a -> b -> a\n/,
  ],
  "JSON that does not parse": [
    '{"target": {"default": {"tags": [}}}\n',
    "docker-bake.json",
    {},
    /^docker-bake\.json:1,34: Invalid JSON; Unexpected token '}'\n/,
  ],
  "variables that need each other": [
    'variable "A" { default = B }\nvariable "B" { default = A }\ntarget "default" { tags = [A] }\n',
    hcl,
    {},
    /^docker-bake\.hcl:1,16: variable "A", attribute "default": .*variable cycle not allowed for A\n/,
  ],
  "an unknown function": [
    'target "default" {\n  tags = [nope("a")]\n}\n',
    hcl,
    {},
    /^docker-bake\.hcl:2,11: .*There is no function named "nope"/,
  ],
  "a matrix without name": [
    'target "default" {\n  matrix = { a = ["1"] }\n}\n',
    hcl,
    {},
    /^docker-bake\.hcl:1,1: .*a target with a matrix needs the attribute name/,
  ],
  "an override of an unknown target": [
    'target "default" {}\n',
    hcl,
    { overrides: ["nosuch.x=y"] },
    /could not find any target matching 'nosuch'/,
  ],
  "an override of an unknown attribute": [
    'target "default" {}\n',
    hcl,
    { overrides: ["default.nosuch=y"] },
    /unknown key: nosuch/,
  ],
  "an unknown target": [
    'target "default" {}\n',
    hcl,
    { targets: ["nosuch"] },
    /failed to find target nosuch/,
  ],
  "an unsupported attribute of Compose": [
    "services:\n  a:\n    build:\n      context: .\n      nosuch: x\n",
    "compose.yaml",
    { targets: ["a"] },
    /services\.a\.build additional properties 'nosuch' not allowed/,
  ],
};

test("a bake is refused with a typed error that says what is wrong", async () => {
  const host = await startHost();
  const errors = Object.entries(cases).map(async ([name, [text, file, request]]) => {
    const files = [{ name: file, content: Buffer.from(text) }];
    const { reason, message } = await host.bakes
      .planBake({ files, ...request })
      .then(() => ({ reason: "none", message: "" }), readTypedError);
    return [name, reason, message];
  });
  expect(await Promise.all(errors)).toEqual(
    Object.entries(cases).map(([name, [, , , error]]) => [
      name,
      "BAKE_INVALID",
      expect.stringMatching(error),
    ]),
  );
});

test("the command shows the line, with a mark below what is wrong", async () => {
  const cwd = await contextOf({ "docker-bake.hcl": cases["text that does not parse"]![0] });
  const { code, stderr } = await slipwayOf(await startHost())(["bake"], { cwd });
  expect(code).toBe(1);
  expect(stderr).toContain("ERROR: docker-bake.hcl:3,1: Missing item separator");
  expect(stderr).toContain("   3 | >>> }\n     |     ^\n");
});
