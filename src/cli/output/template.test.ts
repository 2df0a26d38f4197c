import { expect, test } from "vitest";
import { parseRowFormat } from "./template.js";

const headings = { Name: "NAME/NODE", Status: "STATUS", Platforms: "PLATFORMS" };
const rows = [
  { Name: "far", Platforms: [] },
  { Name: "far0", Status: "running", Platforms: ["linux/amd64", "linux/arm64"] },
];
const print = (format: string) => {
  const parsed = parseRowFormat(format, headings);
  return typeof parsed === "string" ? parsed : parsed.print(rows);
};

test.each([
  ["table", "table"],
  ["", "table"],
  ["json", "json"],
  ["{{json .}}", "json"],
  ["{{.Name}} {{ .Status }}", "far \nfar0 running\n"],
  ["{{json .Platforms}}\\t{{json .Status}}", '[]\tnull\n["linux/amd64","linux/arm64"]\t"running"\n'],
  [
    "table {{.Name}}\\t{{.Platforms}}",
    "NAME/NODE   PLATFORMS\nfar         \nfar0        linux/amd64, linux/arm64\n",
  ],
])("%s", (format, text) => expect(print(format)).toBe(text));

test.each(["{{.Nope}}", "plain", "{{range .Name}}", "{{.Name}", "{{.Name | upper}}", "{{.toString}}"])(
  "refuses %s",
  (format) => {
    expect(() => print(format)).toThrow("Unknown format");
  },
);
