import { expect, test } from "vitest";
import { goJson } from "../output/go-json.js";
import { RawJsonDisplay } from "./raw-json.js";
import { recorded } from "./recorded.test-helper.js";

for (const name of ["success", "failure", "parallel", "group", "warnings"]) {
  test(`writes ${name} as recorded`, () => {
    const lines: string[] = [];
    const display = new RawJsonDisplay({ write: (line) => void lines.push(line.trimEnd()), now: Date.now });
    const recording = recorded(name);
    for (const { progress } of recording) display.update(progress);
    expect(lines).toEqual(recording.map(({ line }) => withoutDefinition(line)));
  });
}

/** slipway.v1 does not transmit the definition of a warning's source. */
function withoutDefinition(line: string): string {
  const status = JSON.parse(line);
  for (const warning of status.warnings ?? []) delete warning.sourceInfo?.definition;
  return goJson(status);
}
