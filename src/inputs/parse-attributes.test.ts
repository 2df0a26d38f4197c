import { expect, test } from "vitest";
import { formatCsvLine, parseAttributes, parseCsvLine } from "./parse-attributes.js";

test.each([
  ["a,b,c", ["a", "b", "c"]],
  ["a", ["a"]],
  ["", []],
  [",", ["", ""]],
  ["a,", ["a", ""]],
  [" a , b ", [" a ", " b "]],
  ['"a,b",c', ["a,b", "c"]],
  ['"a""b"', ['a"b']],
  ['"",x', ["", "x"]],
  ["a\n", ["a"]],
  ["a\r\n", ["a"]],
  ['"a\nb",c', ["a\nb", "c"]],
  ['"type=local","dest=a,""b"""', ["type=local", 'dest=a,"b"']],
])("%j splits as in Go", (line, fields) => expect(parseCsvLine(line)).toEqual(fields));

test.each([[["a", "b=c d"]], [["a,b", 'say "x"', "two\nlines", "cr\r"]], [[]]])(
  "%j is the same after it was joined and split",
  (fields) => expect(parseCsvLine(formatCsvLine(fields))).toEqual(fields),
);

test.each(['a"b', '"a', '"a"b', '"a" ,b', 'dest="a,b"'])("%j is refused as in Go", (line) =>
  expect(() => parseCsvLine(line)).toThrow("quote"),
);

test("attributes keep order, later equals signs and empty values", () => {
  expect(parseAttributes("type=local,Dest = a=b,push=", "outputs[0]")).toEqual([
    ["type", "local"],
    ["dest", " a=b"],
    ["push", ""],
  ]);
  expect(() => parseAttributes("type=local,dest", "outputs[0]")).toThrow(
    expect.objectContaining({ reason: "ATTRIBUTES_INVALID", field: "outputs[0]" }),
  );
});
