import { rootCertificates } from "node:tls";
import { expect, it } from "vitest";
import { trustedContext } from "./trusted-context.js";

const [first, second] = rootCertificates as [string, string];

it("parses the same authorities once", () => {
  const context = trustedContext([first, second]);
  expect(trustedContext([first, second])).toBe(context);
  expect(trustedContext([first])).not.toBe(context);
  expect(trustedContext([second, first])).not.toBe(context);
});

it("keeps the contexts that were used last", () => {
  const context = trustedContext([first]);
  for (const more of rootCertificates.slice(2, 9)) trustedContext([more]);
  expect(trustedContext([first])).toBe(context);
  for (const more of rootCertificates.slice(2, 10)) trustedContext([more]);
  expect(trustedContext([first])).not.toBe(context);
});
