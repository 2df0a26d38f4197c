// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is HCL
import { expect, test } from "vitest";
import { planBake } from "./plan-bake.js";

/** The message about files that cannot be evaluated. */
async function messageOf(files: Readonly<Record<string, string>>): Promise<string> {
  const plan = planBake({
    files: Object.entries(files).map(([name, text]) => ({ name, text })),
    targets: [],
    overrides: [],
    variables: {},
    environment: {},
    dotEnv: {},
    builtIn: {},
    contextUrl: "",
    listOnly: false,
  });
  return plan.then(
    () => "",
    (cause: Error) => cause.message,
  );
}

/** A file, in which "«" stands where the error is, as lines of the message. */
async function check(marked: string, problem: string, name = "docker-bake.hcl"): Promise<void> {
  const text = marked.replace("«", "");
  const before = marked.slice(0, marked.indexOf("«")).split("\n");
  const [line, column] = [before.length, before.at(-1)!.length + 1];
  const message = await messageOf({ [name]: text });
  expect(message).toContain(`${name}:${line},${column}: ${problem}`);
  const source = text.split("\n")[line - 1]!;
  const mark = source.slice(0, column - 1).replace(/[^\t]/g, " ");
  expect(message).toContain(`${line} | >>> ${source}\n     |     ${mark}^`);
}

const of = (attribute: string) => `target "default", attribute "${attribute}": `;

test.each([
  [
    "a name",
    'target "default" {\n  target = «NONE\n}\n',
    `${of("target")}Unknown variable; There is no variable`,
  ],
  [
    "a part of a text, behind other letters than ASCII",
    'target "default" {\n  # NONE\n  labels = { a = "é ${1} ${ «NONE }" }\n}\n',
    `${of("labels")}Unknown variable`,
  ],
  [
    "the second of two parts that are the same text",
    'target "default" {\n  tags = [for x in [1] : "${x}-${x}-${«x.y}"]\n}\n',
    `${of("tags")}Unsupported attribute`,
  ],
  [
    "an argument on another line",
    'target "default" {\n  args = {\n    A = upper(\n      «NONE,\n    )\n  }\n}\n',
    `${of("args")}Unknown variable`,
  ],
  ["a call", 'target "default" {\n  target = «nofunction(1)\n}\n', `${of("target")}Call to unknown function`],
  ["an operand", 'target "default" {\n  target = 1 + «[1]\n}\n', `${of("target")}Invalid operand`],
  [
    "a heredoc",
    'target "default" {\n  dockerfile-inline = <<EOT\nFROM scratch\nLABEL a=${«NONE}\nEOT\n}\n',
    `${of("dockerfile-inline")}Unknown variable`,
  ],
  [
    "a variable",
    'variable "A" {\n  default = 1 / «[]\n}\ntarget "default" {}\n',
    'variable "A": Invalid operand',
  ],
  [
    "the message of a validation, at the variable",
    '/* } */\n«variable "A" {\n  default = 1\n  validation {\n    condition = A > 1\n    error_message = "too small"\n  }\n}\n',
    'variable "A": Validation failed; too small',
  ],
  ["an attribute outside of blocks", 'A = "}"\nB = «NONE\ntarget "default" {}\n', "B: Unknown variable"],
  [
    "a value of the wrong type, at the attribute",
    'target "default" {\n  a = "$${"\n  «platforms = 1\n}\n',
    of("platforms"),
  ],
  [
    "a block",
    '«target "default" {\n  name = "x"\n}\n',
    'target "default": Invalid name; name requires matrix',
  ],
  [
    "a matrix",
    'target "default" {\n  name = "x"\n  matrix = { a = «NONE }\n}\n',
    'target "default": Unknown variable',
  ],
])("%s", (_, marked, problem) => check(marked, problem));

test.each([
  [
    "a template",
    '{"target": {"default": {\n  "args": {"A": "é ${«NONE}"}\n}}}',
    `${of("args")}Unknown variable`,
  ],
  ["an attribute", '{"target": [{"default": [{\n  «"platforms": 1\n}]}]}', of("platforms")],
  [
    "a template that does not parse",
    '{"target": {"default": {\n  "target": "«${1 +}"\n}}}',
    "Invalid expression",
  ],
])("in JSON: %s", (_, marked, problem) => check(marked, problem, "docker-bake.json"));

test("an error in a function is there, and names the target that calls it", async () => {
  const message = await messageOf({
    "docker-bake.hcl": 'target "default" {\n  target = f(1)\n}\n',
    "functions.hcl": '\nfunction "f" {\n  params = [x]\n  result = x.y\n}\n',
  });
  expect(message).toContain(
    'functions.hcl:4,12: target "default", attribute "target": Unsupported attribute',
  );
});

test("a cycle is at the attribute", async () => {
  const message = await messageOf({ "a.hcl": 'target "default" {\n  target = target.default.target\n}\n' });
  expect(message).toContain('a.hcl:2,3: target "default", attribute "target": ');
});
