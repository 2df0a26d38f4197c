import { copyFile, mkdir, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import manifest from "../../../package.json" with { type: "json" };
import { buildClient } from "../../clients/clients.js";
import { lab, type Machine, startMachine } from "../../lab/index.js";
import type { MachineOptions } from "../../lab/machine.js";
import { step } from "../../lab/progress.js";
import type { Finished } from "../../lab/run.js";
import { javaClient } from "../java-client.js";
import { exampleIn, outputOf } from "../machine-build.js";
import { buildkitd, env, machineMounts } from "./machine.js";
import { compileJavaBuild, pythonBuild } from "./programs.js";

/** What to build: the folder of a context, a name, and a builder whose image is pushed or "" for that of the engine. */
type Order = [folder: string, name: string, builder: string];

/** A machine with what one kind of user has, and nothing else. */
interface Root extends MachineOptions {
  /** Installs what the user needs from `/packages`. */
  install(machine: Machine): Promise<unknown>;
  /** Builds as the user does. */
  build(machine: Machine, order: Order): Promise<Finished>;
  /** The command, for the shell. */
  slipway: string;
}

const inShell = (machine: Machine, line: string) => machine.must(["sh", "-euc", line], { env });

const command: Pick<Root, "build" | "slipway"> = {
  build(machine, [folder, name, builder]) {
    const how = builder ? ["--builder", builder, "--push"] : [];
    return machine.run(["slipway", "build", ...how, "--tag", name, folder], { env });
  },
  slipway: "slipway",
};

const archive: Root = {
  install: (machine) =>
    inShell(
      machine,
      `cd /packages
      sha256sum --check --quiet SHA256SUMS
      tar -xzf slipway-${manifest.version}-linux-x64.tar.gz -C /opt
      ln -s /opt/slipway-*-linux-x64/bin/slipway /usr/local/bin/slipway`,
    ),
  ...command,
};

const debianPackage: Root = {
  install: (machine) => inShell(machine, "dpkg --install /packages/slipway_*_amd64.deb"),
  ...command,
};

const roots: Record<string, Root> = {
  "Debian bookworm, from the archive": archive,
  "Debian bookworm, from the Debian package": debianPackage,
  "Debian trixie, from the archive": { suite: "trixie", ...archive },
  "Debian trixie, from the Debian package": { suite: "trixie", ...debianPackage },
  "only Python": {
    packages: ["python3-venv"],
    install: (machine) =>
      inShell(
        machine,
        `python3 -m venv /srv/venv
        /srv/venv/bin/pip install --quiet --no-cache-dir --find-links /packages 'slipway-client[host]'`,
      ),
    build: (machine, order) => machine.run(["/srv/venv/bin/python", "-c", pythonBuild, ...order], { env }),
    slipway: "/srv/venv/bin/slipway",
  },
  "only a JDK": {
    packages: ["openjdk-17-jre-headless"],
    async install(machine) {
      const target = join(await buildClient.java(), "target");
      const jars = (await readdir(join(target, "lib"))).map((jar) => join(target, "lib", jar));
      jars.push(join(await javaClient(), `slipway-client-${manifest.version}.jar`));
      jars.push(join(machine.root, `packages/slipway-host-${manifest.version}-linux-x86_64.jar`));
      const folder = join(machine.root, "srv/jars");
      await mkdir(folder);
      for (const jar of jars) await copyFile(jar, join(folder, basename(jar)));
      await compileJavaBuild(folder);
    },
    build: (machine, order) =>
      machine.run(["java", "-cp", "/srv/jars:/srv/jars/*", "Build", ...order], { env }),
    // Where the client unpacked it.
    slipway: "/root/.cache/slipway/host/*/dist/cli.cjs",
  },
  "only Node.js 20": {
    suite: "trixie",
    packages: ["nodejs", "npm"],
    install: (machine) =>
      inShell(
        machine,
        `node --version | grep '^v20[.]'
        npm install --global --no-audit --no-fund /packages/slipway-[0-9]*.tgz`,
      ),
    ...command,
  },
};

test.each(Object.entries(roots))(
  "on a machine with %s, the packages are all that a build with an engine or a plain buildkitd needs",
  async (kind, { install, build, slipway, ...options }) => {
    const machine = await step(`${kind}: machine`, async () =>
      startMachine({ ...options, mounts: await machineMounts() }),
    );
    onTestFinished(() => machine.destroy());
    await step(`${kind}: install`, () => install(machine));

    const first = await exampleIn(machine);
    const built = () => build(machine, [first.folder, first.name, ""]);
    expect(await step(`${kind}: first image`, built)).toMatchObject({ code: 0 });
    expect(await outputOf(first.name)).toBe("built\n");

    await inShell(machine, `${slipway} create --name plain --driver remote ${buildkitd}`);
    const { registry } = lab();
    const { folder, name } = await exampleIn(machine, { base: registry.baseImage });
    const pushed = `${registry.host}/${name}`;
    expect(await build(machine, [folder, pushed, "plain"])).toMatchObject({ code: 0 });
    expect(await outputOf(pushed)).toBe("built\n");
  },
);
