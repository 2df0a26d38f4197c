import { Code } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { ignorePatterns, readIgnoreFile } from "./ignore-file.js";

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
  ["a\n\n#c\n!b\n", ["a", "!b"]],
])("%j", async (text, patterns) => expect(await ignorePatterns(text)).toEqual(patterns));

test("an ignore file of more than 4 MiB is refused before it is read", async () => {
  const entry = { mode: 0o644, size: 4 * 2 ** 20 + 1, modTime: 0n };
  const source = {
    list: async () => [],
    stat: async (paths: string[]) => paths.map((path) => (path === ".dockerignore" ? entry : undefined)),
    open: () => Promise.reject(new Error("opened")),
  };
  const error = await readIgnoreFile(source).catch(readTypedError);
  expect(error).toMatchObject({ code: Code.ResourceExhausted, reason: "DOCKERIGNORE_TOO_LARGE" });
});
