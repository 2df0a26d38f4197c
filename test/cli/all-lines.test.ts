import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { contextOf } from "../host/build.js";
import { cli, startHost } from "../host/host.js";
import { lab, run, startBuildkitd } from "../lab/index.js";
import { userEnvironment } from "./slipway.js";

const steps = 20;
const linesOfStep = 50_000;

test("the plain log has a million lines of 20 parallel steps, each in its place", async () => {
  const env = { BUILDKIT_STEP_LOG_MAX_SIZE: "-1", BUILDKIT_STEP_LOG_MAX_SPEED: "-1" };
  const buildkitd = await startBuildkitd({ env });
  onTestFinished(() => buildkitd.stop());
  const host = await startHost();
  await host.builders.createBuilder({
    name: "flood",
    driver: "remote",
    node: { endpoint: buildkitd.address },
  });
  const names = Array.from({ length: steps }, (_, index) => `s${index}`);
  const stages = names.map(
    (name) => `FROM base AS ${name}\nRUN : ${randomUUID()}; seq ${linesOfStep} | sed s/^/${name}-/`,
  );
  const copies = names.map((name) => `COPY --from=${name} /etc/group /${name}`);
  const Dockerfile = [
    `FROM ${lab().registry.baseImage} AS base`,
    ...stages,
    "FROM scratch",
    ...copies,
    "",
  ].join("\n");

  const context = await contextOf({ Dockerfile });
  // The program's output is a socket, whose reader is slower than the program at times.
  const args = [cli, "--builder", "flood", "build", "--progress=plain", context];
  const { code, stderr } = await run(process.execPath, args, { env: userEnvironment(host, "engine29") });
  expect(code, stderr.slice(-2000)).toBe(0);
  const shown = new Map<string, string[]>(names.map((name) => [name, []]));
  for (const [, line = "", name = ""] of stderr.matchAll(/^#\d+ [\d.]+ ((s\d+)-\d*)$/gm))
    shown.get(name)!.push(line);
  for (const [name, found] of shown) {
    // As in BuildKit, a line that was not complete when the log went to another step is shown again.
    const lines = found.filter((line, at) => !found[at + 1]?.startsWith(line));
    const wrong = lines.findIndex((line, at) => line !== `${name}-${at + 1}`);
    expect([name, wrong, lines.length]).toEqual([name, -1, linesOfStep]);
  }
});
