import { expect, test } from "vitest";
import type { NodeRequest } from "./access.js";
import { identifyCall } from "./call-id.js";

const requestWith = (given?: string) => ({ headers: { "x-request-id": given } }) as unknown as NodeRequest;

test.each(["a", "7c1f-", "~".repeat(128), '{"a":1}'])("takes the id %j of a client", (given) => {
  expect(identifyCall(requestWith(given))).toBe(given);
});

test.each([undefined, "", "two words", "a, b", "tab\t", "ü", "a\u007f", "x".repeat(129)])(
  "replaces %j by an id of its own, which stays",
  (given) => {
    const request = requestWith(given);
    const id = identifyCall(request);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(identifyCall(request)).toBe(id);
  },
);
