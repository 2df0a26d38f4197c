import { expect, it, onTestFinished } from "vitest";
import { Layouts } from "./layouts.js";

const digest = `sha256:${"0".repeat(64)}`;

it("serves named contexts under different references, even when their names are similar", () => {
  const layouts = new Layouts();
  onTestFinished(() => layouts.close());
  const names = ["a.b", "a-b", "A_B", "日本"];
  const references = names.map((name) => layouts.serveContext(name, `/layout/${name}`, digest));
  expect(new Set(references).size).toBe(names.length);
  for (const reference of references) expect(reference).toMatch(/^oci-layout:\/\/[a-z0-9-]+@sha256:0{64}$/);
});
