import { expect, test } from "vitest";
import { nilSlice } from "../../template/values.js";
import { parseRowFormat } from "./template.js";

const headings = { Name: "NAME/NODE", Status: "STATUS", Platforms: "PLATFORMS" };
const rows = [
  { Name: "far", Status: "", Platforms: nilSlice },
  { Name: "far0", Status: "running", Platforms: ["linux/amd64", "linux/arm64"] },
];
const print = (format: string) => {
  const parsed = parseRowFormat(format, headings);
  return typeof parsed === "string" ? parsed : parsed.print(rows, (index) => `{"row":${index}}`);
};

test.each([
  ["table", "table"],
  ["", "table"],
  ["json", "json"],
  ["{{json .}}", "json"],
  ["row {{json .}}", 'row {"row":0}\nrow {"row":1}\n'],
  ["{{.Name}} {{ .Status }}", "far \nfar0 running\n"],
  ["{{json .Platforms}}\\t{{json .Status}}", 'null\t""\n["linux/amd64","linux/arm64"]\t"running"\n'],
  ['{{.Name | upper}}\\n{{join .Platforms "\\n"}}', "FAR\n\nFAR0\nlinux/amd64\nlinux/arm64\n"],
  [
    "table {{.Name}}\\t{{range .Platforms}}{{.}};{{end}}",
    "\nfar       \nfar0      linux/amd64;linux/arm64;\n",
  ],
  [
    "table {{upper .Name}}\\t{{.Platforms}}",
    "NAME/NODE   PLATFORMS\nFAR         []\nFAR0        [linux/amd64 linux/arm64]\n",
  ],
])("%s", (format, text) => expect(print(format)).toBe(text));

test.each([
  ["plain", 'Unknown format "plain".'],
  ["{{.Nope}}", 'The template is invalid: it has no field "Nope".'],
  ["{{if .Status}}{{$.Nope}}{{end}}", 'The template is invalid: it has no field "Nope".'],
  ["{{range .Name}}", "The template is invalid: 1:16: unexpected end of the template, {{end}} is missing."],
  ["{{.Name}", 'The template is invalid: 1:8: unexpected "}".'],
  ["a\n{{ nope .Name}}", 'The template is invalid: 2:4: function "nope" not defined.'],
  ["{{.Name.Nope}}", "The template is invalid: 1:3: can't evaluate field Nope in type string."],
])("refuses %s", (format, message) => {
  expect(() => print(format)).toThrow(message);
});
