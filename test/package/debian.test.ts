import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { type Machine, startMachine, until } from "../lab/index.js";
import { engineMounts, engineVariables, exampleIn, outputOf } from "./machine-build.js";
import { packages } from "./packages.js";

const deb = `slipway_${manifest.version}_amd64.deb`;
let machine: Machine;

beforeAll(async () => {
  machine = await startMachine({ mounts: { ...engineMounts(), "/packages": await packages() } });
}, 900_000);
afterAll(() => machine?.destroy());

test("a truncated package is refused, and any on a machine with an older glibc", async () => {
  await machine.must(["sh", "-c", `head -c 1000000 /packages/${deb} > /tmp/truncated.deb`]);
  const truncated = await machine.run(["dpkg", "--install", "/tmp/truncated.deb"]);
  expect(truncated.code).not.toBe(0);
  expect(truncated.stderr).toContain("/tmp/truncated.deb");
  // What the list of packages says decides: this one has those of Debian 9, which is in no mirror any more.
  const older = ["libc6 2.24-11", "libgcc-s1 8.3.0", "libstdc++6 8.3.0"].map((one) => {
    const [name, version] = one.split(" ");
    return `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\nArchitecture: amd64\n`;
  });
  await writeFile(join(machine.root, "tmp/status"), older.join("\n"));
  const options = ["--option", "Dir::State::status=/tmp/status", "--simulate"];
  const refused = await machine.run(["apt-get", "install", ...options, `/packages/${deb}`]);
  expect(refused.code).toBe(100);
  expect(refused.stdout + refused.stderr).toMatch(/slipway : Depends: libc6 \(>= 2\.28\) but 2\.24-11 is/);
}, 300_000);

test("the package installs the program, its man pages, completion and units on a machine without Node.js", async () => {
  await machine.must(["dpkg", "--force-unsafe-io", "--install", `/packages/${deb}`]);
  expect(await machine.run(["sh", "-c", "command -v node"])).not.toMatchObject({ code: 0 });
  expect(await machine.must(["slipway", "version"])).toMatchObject({
    stdout: `slipway v${manifest.version}\n`,
    stderr: "",
  });
  // dpkg compares the files with their sums.
  expect(await machine.must(["dpkg", "--verify", "slipway"])).toMatchObject({ stdout: "" });
  const page = await readFile(join(machine.root, "usr/share/man/man1/slipway-build.1.gz"));
  expect(gunzipSync(page).toString()).toMatch(/^\.TH /m);
  const completion = ". /usr/share/bash-completion/completions/slipway && complete -p slipway";
  expect((await machine.must(["bash", "-c", completion])).stdout).toMatch(/ slipway$/m);
  expect(existsSync(join(machine.root, "usr/share/doc/slipway/copyright"))).toBe(true);
});

test("the unit's command is a host that builds, and a build outlives the package that is removed meanwhile", async () => {
  const unit = await readFile(join(machine.root, "usr/lib/systemd/system/slipway.service"), "utf8");
  const command = /^ExecStart=(.*)/m.exec(unit)![1]!.replaceAll("%t", "/run").replaceAll("%S", "/var/lib");
  await mkdir(join(machine.root, "var/lib/slipway"), { mode: 0o700 });
  const served = machine.run(["sh", "-c", `echo $$ > /run/slipway.pid; exec ${command}`]);
  await until("the host to listen", () => existsSync(join(machine.root, "run/slipway/slipway.sock")));

  const env = engineVariables;
  const cache = `--mount=type=cache,id=${randomUUID()},target=/shared`;
  const waiting = await exampleIn(machine, {
    step: `RUN ${cache} until [ -e /shared/go ]; do sleep 0.1; done`,
  });
  const building = machine.run(["slipway", "build", "--tag", waiting.name, waiting.folder], { env });
  await until("the build to run", async () => {
    const { stdout } = await machine.must(["slipway", "builds", "ls"]);
    return stdout.includes("running");
  });
  await machine.must(["dpkg", "--remove", "slipway"]);
  expect(existsSync(join(machine.root, "usr/lib/slipway"))).toBe(false);
  expect(existsSync(join(machine.root, "usr/bin/slipway"))).toBe(false);

  // Another version beside the package uses the same host.
  const archive = `slipway-${manifest.version}-linux-x64`;
  await machine.must(["tar", "-xzf", `/packages/${archive}.tar.gz`, "-C", "/opt"]);
  const ending = await exampleIn(machine, { step: `RUN ${cache} touch /shared/go` });
  const slipway = `/opt/${archive}/bin/slipway`;
  expect(await machine.run([slipway, "build", "--tag", ending.name, ending.folder], { env })).toMatchObject({
    code: 0,
  });
  expect(await building).toMatchObject({ code: 0 });
  for (const { name } of [waiting, ending]) expect(await outputOf(name)).toBe("built\n");

  process.kill(Number(await readFile(join(machine.root, "run/slipway.pid"), "utf8")));
  expect(await served).toMatchObject({ code: 0 });
}, 300_000);
