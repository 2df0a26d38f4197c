import { expect, it } from "vitest";
import { negotiateApi } from "./api-version.js";

const engine = { Version: "x", MinAPIVersion: "1.12" };

it("selects the newest version that both sides support", () => {
  expect(negotiateApi({ endpoint: "e" }, { ...engine, ApiVersion: "1.41" })).toBe("1.41");
  expect(negotiateApi({ endpoint: "e" }, { ...engine, ApiVersion: "1.999" })).toBe("1.56");
});

it("uses the version that the user selected", () => {
  expect(negotiateApi({ endpoint: "e", apiVersion: "1.40" }, { ...engine, ApiVersion: "1.41" })).toBe("1.40");
  expect(() =>
    negotiateApi({ endpoint: "e", apiVersion: "1.50" }, { ...engine, ApiVersion: "1.41" }),
  ).toThrow("speaks API 1.12 to 1.41, not 1.50");
});

it("refuses Engines without BuildKit, and Engines that dropped all known versions", () => {
  expect(() => negotiateApi({ endpoint: "e" }, { ...engine, ApiVersion: "1.38" })).toThrow(
    "has API 1.38; at least 1.39 is required",
  );
  expect(() =>
    negotiateApi({ endpoint: "e" }, { Version: "99", MinAPIVersion: "1.90", ApiVersion: "1.99" }),
  ).toThrow("speaks API 1.90 to 1.99, not 1.56");
});
