import { expect, test } from "vitest";
import { showsColors } from "./colors.js";

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: "1" }, true, false],
  [{ NO_COLOR: "" }, true, true],
  [{ FORCE_COLOR: "1" }, false, true],
  [{ CLICOLOR_FORCE: "1" }, false, true],
  [{ FORCE_COLOR: "0" }, false, false],
  [{ FORCE_COLOR: "1", NO_COLOR: "1" }, false, false],
])("with %j on a terminal (%j), colours are shown: %j", (env, isTerminal, shown) => {
  expect(showsColors(env, isTerminal)).toBe(shown);
});
