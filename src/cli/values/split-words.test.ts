import { expect, test } from "vitest";
import { splitWords } from "./split-words.js";

test.each([
  ["--debug  --x=y ", ["--debug", "--x=y"]],
  [`--debug "--x y" '--z "q"'`, ["--debug", "--x y", '--z "q"']],
  ['a"b c"d \\" "\\"" ""', ["ab cd", '"', '"', ""]],
  ["", []],
])("%s", (text, words) => expect(splitWords(text)).toEqual(words));

test("refuses an unclosed quote", () => {
  expect(() => splitWords("--x 'y")).toThrow("unclosed quote");
});
