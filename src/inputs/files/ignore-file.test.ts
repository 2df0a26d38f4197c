import { expect, test } from "vitest";
import { ignorePatterns } from "./ignore-file.js";

// Lines and answers are those of moby/patternmatcher's ignorefile.ReadAll.
test.each([
  ["# comment", []],
  [" # no comment", ["# no comment"]],
  ["", []],
  ["   ", []],
  ["/abs/path/", ["abs/path"]],
  ["/", ["/"]],
  ["./a//b/../c", ["a/c"]],
  ["  spaces around  ", ["spaces around"]],
  ["!keep", ["!keep"]],
  ["! /keep/", ["!keep"]],
  ["!", ["!"]],
  ["windows\r", ["windows"]],
  ["\ufeff*.log", ["*.log"]],
  ["**/*.md", ["**/*.md"]],
])("%j", (line, patterns) => expect(ignorePatterns([line])).toEqual(patterns));
