import { expect, test } from "vitest";
import { readCompose } from "./read-compose.js";

const read = (text: string) => readCompose([{ name: "compose.yaml", text }], () => undefined);

test("sections without content are empty", () => {
  expect(() => read("services:\n  a:\n    build: .\nsecrets:\n")).not.toThrow();
  for (const text of ["secrets:\n", "build: a\nsecrets: null\n", "services: {}\nsecrets: null\n"])
    expect(() => read(text)).toThrow("empty compose file");
});
