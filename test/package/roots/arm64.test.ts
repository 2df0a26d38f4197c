import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import manifest from "../../../package.json" with { type: "json" };
import { lab, startMachine, until } from "../../lab/index.js";
import { ensurePackages } from "../../lab/packages.js";
import { exampleIn } from "../machine-build.js";
import { buildkitd, env, machineMounts } from "./machine.js";

test("the Debian package for arm64 has a command, a host and plugins that build with a remote buildkitd", async () => {
  await ensurePackages(["qemu-user-static"]);
  const packages = ["libstdc++6:arm64"];
  const machine = await startMachine({ packages, arm64: true, mounts: await machineMounts() });
  onTestFinished(() => machine.destroy());
  await machine.must(["dpkg", "--install", `/packages/slipway_${manifest.version}_arm64.deb`]);
  const node = "/usr/lib/slipway/runtime/bin/node";
  expect(await machine.must([node, "--print", "process.arch"])).toMatchObject({ stdout: "arm64\n" });
  const slipway = (...args: string[]) => machine.must(["slipway", ...args], { env });
  expect(await slipway("version")).toMatchObject({ stdout: `slipway v${manifest.version}\n` });

  // A command waits 20 s for a host that it starts, which emulation may not keep.
  const socket = join(machine.root, "run/slipway/slipway.sock");
  const serve = "echo $$ > /run/slipway.pid; exec slipway serve";
  const serving = machine.run(["sh", "-c", serve], { env });
  await until("the host to listen", () => existsSync(socket));
  await slipway("create", "--name", "far", "--driver", "remote", buildkitd);
  const doctor = await slipway("doctor");
  expect(doctor.stdout).toContain("The builder far (remote) answers: BuildKit v");
  expect(doctor.stdout).toMatch(/\nEverything is in order\.\n$/);

  const { folder } = await exampleIn(machine, { base: lab().registry.baseImage });
  const output = ["--output", "type=local,dest=/srv/out"];
  await slipway("build", "--builder", "far", ...output, folder);
  expect(await readFile(join(machine.root, "srv/out/out"), "utf8")).toBe("built\n");
  process.kill(Number(await readFile(join(machine.root, "run/slipway.pid"), "utf8")));
  expect(await serving).toMatchObject({ code: 0 });
});
