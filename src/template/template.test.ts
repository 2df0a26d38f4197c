import { expect, test } from "vitest";
import { Template } from "./template.js";
import { GoMap, type Value } from "./values.js";

const run = (text: string, data?: Value) => new Template(text).execute(data);

test.each([
  '{{define "a"}}{{template "a"}}{{end}}{{template "a"}}',
  "{{range 1000000000}}{{end}}",
  "{{range 100000}}{{range 100000}}{{.}}{{end}}{{end}}",
  '{{$x := "xxxxxxxx"}}{{range 100}}{{$x = print $x $x}}{{end}}',
  '{{$x := printf "%1000000d" 1}}{{range 1000}}{{$x}}{{end}}',
  '{{pad "a" 1000000000 0}}',
  '{{printf "%1000000000d" 1}}',
])("ends a template that loops or grows: %s", (text) => {
  expect(() => run(text)).toThrow(
    /nested more than|more than \d+ (steps|characters)|too many spaces|too large/,
  );
});

test.each([
  `${"{{if true}}".repeat(5000)}`,
  `{{${"(".repeat(5000)}1${")".repeat(5000)}}}`,
  `{{if 1}}${"{{else if 1}}".repeat(5000)}{{end}}`,
])("refuses what is nested too deeply", (text) => {
  expect(() => run(text)).toThrow("nested too deeply");
});

test("names the line and column of what is wrong", () => {
  expect(() => run("a\n  {{ .Name | lower }}", new GoMap([["Name", 1]]))).toThrow(
    /^2:14: error calling lower|^2:14: wrong type for value; expected string; got int$/,
  );
  expect(() => run('{{call .Name "a"}}')).toThrow('1:3: function "call" not defined');
});

test("says which fields of the data it names", () => {
  const text =
    "{{.A.x}}{{range .B}}{{.C}}{{$.D}}{{else}}{{.E}}{{end}}{{with $x := .F}}{{$x.G}}{{end}}{{eq (len .H) 1}}";
  expect([...new Template(text).fields()].sort()).toEqual(["A", "B", "D", "E", "F", "H"]);
});
