import fc from "fast-check";
import { BakeError } from "../src/bake/bake-error.js";
import { planBake } from "../src/bake/plan-bake.js";
import { jsonOf, textOf } from "./inputs.js";
import { target } from "./target.js";

const plan = (name: string, text: string) =>
  planBake({
    files: [{ name, text }],
    targets: [],
    overrides: [],
    variables: {},
    environment: { A: "1" },
    dotEnv: { B: "2" },
    builtIn: { BAKE_CMD_CONTEXT: "cwd://" },
    contextUrl: "",
    listOnly: false,
  });
const refuses = (error: unknown) => error instanceof BakeError;

/** Parsers of what a bake is defined by. */
export const bakeParsers = [
  target({
    name: "bake file in HCL",
    inputs: textOf(
      'target "default" {\n',
      'group "default" {\n',
      'variable "A" {\n',
      'function "f" {\n',
      "}\n",
      "params = [x]\n",
      "result = x + 1\n",
      'targets = ["default"]\n',
      'inherits = ["default"]\n',
      "matrix = { a = [1, 2] }\n",
      `name = "x-\${a}"\n`,
      'default = "1"\n',
      "type = list(string)\n",
      "args = { a = A }\n",
      "tags = [for t in [A, null] : t if t != null]\n",
      "dockerfile-inline = <<EOT\nFROM a\nEOT\n",
      "platforms = f(A)\n",
      `context = "\${upper(A)}%{if true}x%{endif}"\n`,
      'output = [{ type = "local", dest = A }]\n',
    ),
    run: (text) => plan("docker-bake.hcl", text),
    refuses,
  }),
  target({
    name: "bake file in JSON",
    inputs: jsonOf("target", "group", "variable", "default", "targets", "inherits", "args", "matrix", "tags"),
    run: (text) => plan("docker-bake.json", text),
    refuses,
  }),
  target({
    name: "Compose file",
    inputs: fc.oneof(
      jsonOf("services", "a", "build", "context", "args", "extends", "service", "x-bake", "tags", "secrets"),
      textOf(
        "services:\n",
        "  a:\n",
        "    build: .\n",
        "    build:\n",
        "      args: [A=$B]\n",
        `      context: \${A:-b}\n`,
        "      x-bake: { tags: [a] }\n",
        "    extends: a\n",
        `    image: \${A:?no}\n`,
        "    <<: *x\n",
        "x: &x { image: a }\n",
        "      tags: !reset []\n",
        "---\n",
      ),
    ),
    run: (text) => plan("compose.yaml", text),
    refuses,
  }),
];
