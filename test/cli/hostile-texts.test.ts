import { expect, test } from "vitest";
import { readTypedError } from "../../src/errors/typed-error.js";
import { contextOf } from "../host/build.js";
import { startHost } from "../host/host.js";
import { baseImageName } from "../lab/index.js";
import { slipwayOf } from "./slipway.js";

const esc = String.fromCharCode(0x1b);
const bel = String.fromCharCode(0x07);
/** Sets the title of the terminal, and clears the screen. */
const attack = `${esc}]0;PWNED${bel}${esc}[2J`;
const shown = "\\u001b]0;PWNED\\u0007\\u001b[2J";

test("output of builds cannot control the terminal", async () => {
  const host = await startHost();
  const slipway = slipwayOf(host);
  const context = await contextOf({
    Dockerfile: `FROM ${baseImageName}\nARG EVIL\nRUN printf '\\033[31mred\\033[0m \\033]0;PWNED\\007\\033[2J\\n' && false\n`,
    Broken: `FROM ${baseImageName}\nRUN true\nEVIL${attack} x\n`,
  });

  const build = ["build", "--no-cache", "--progress", "plain", "--build-arg", `EVIL=${attack}`];
  const failed = await slipway([...build, context]);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain(`${esc}[31mred${esc}[0m ${shown}\n`);
  const broken = await slipway([...build, "-f", `${context}/Broken`, context]);
  expect(broken.code).toBe(1);
  expect(broken.stderr).toContain(`>>> EVIL${shown} x\n`);

  const refs = (await host.builds.listBuilds({})).builds.map(({ id }) => id);
  expect(refs).toHaveLength(2);
  const reports = await Promise.all([
    slipway(["builds", "ls"]),
    slipway(["history", "ls"]),
    ...refs.flatMap((ref) => [slipway(["history", "inspect", ref]), slipway(["history", "logs", ref])]),
  ]);
  expect(reports.map(({ stdout }) => stdout).join("")).toContain(shown);
  for (const { stdout, stderr } of [failed, broken, ...reports]) {
    const uncolored = (stdout + stderr).replaceAll(`${esc}[31m`, "").replaceAll(`${esc}[0m`, "");
    expect(uncolored.match(/[^\P{Cc}\n\t]/gu)).toBeNull();
  }
});

test("a name with control characters is refused, so that it is not shown to others", async () => {
  const host = await startHost();
  const spec = {
    displayName: `app${attack}\nother`,
    labels: { [`name${attack}`]: "", value: attack, "several lines": "a\n\tb\r\n" },
    context: { source: { case: "empty" as const, value: {} } },
    dockerfile: { source: { case: "content" as const, value: Buffer.from("FROM scratch") } },
  };
  const error = readTypedError(await host.builds.startBuild({ spec }).catch((cause) => cause));
  expect(error.fields).toMatchObject([
    { field: "spec.display_name", reason: "DISPLAY_NAME_INVALID" },
    { field: `spec.labels[name${attack}]`, reason: "LABEL_INVALID" },
    { field: "spec.labels[value]", reason: "LABEL_INVALID" },
  ]);
  expect((await host.builds.listBuilds({})).builds).toEqual([]);
});
