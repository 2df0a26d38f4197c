import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { engineEnvironment, startHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import { goModules } from "../package/go-modules.js";
import { javaClient } from "../package/java-client.js";
import { packages } from "../package/packages.js";
import { runSection } from "./script.js";

const engine = () => engineEnvironment("engine29");

let made: string[];

beforeAll(async () => {
  made = [await packages(), await javaClient()];
}, 900_000);

/** Checks that the last printed line is the digest of the image in the engine, and removes the image. */
async function checkImage(image: string, print: () => Promise<{ stdout: string }>): Promise<void> {
  const docker = async (...args: string[]) =>
    (await must("docker", args, { env: { ...process.env, ...engine() } })).stdout;
  try {
    const { stdout } = await print();
    // Python prints a bell character after it opened a browser.
    const digest = stdout.replace("\x07", "").trimEnd().split("\n").at(-1);
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await docker("image", "inspect", "--format", "{{.Id}}", image)).toBe(`${digest}\n`);
  } finally {
    await docker("image", "rm", "--force", image);
  }
}

test.each(["TypeScript", "Go", "Python", "Java", "curl"])(
  "the program in %s works as written",
  async (language) => {
    const host = await startHost();
    const variables = {
      SLIPWAY_HOST: `unix://${host.socket}`,
      ...engine(),
      ...(language === "Go" ? await goModules() : {}),
    };
    await checkImage(`called/${language.toLowerCase()}`, () =>
      runSection("call-it.md", language, variables, { packages: language === "curl" ? [] : made }),
    );
  },
  900_000,
);

test("the page works in a browser as it is written", async () => {
  const profile = await tempDir();
  const person = join(profile, "person");
  const script = join(import.meta.dirname, "person.ts");
  const command = [process.execPath, "--import", import.meta.resolve("tsx"), script];
  await writeFile(person, `#!/bin/sh\nexec ${command.join(" ")} "$1" token app ${profile}/chromium\n`, {
    mode: 0o755,
  });
  const variables = { BROWSER: `${person} %s` };
  await checkImage("called/browser", () =>
    runSection("call-it.md", "From a browser", variables, { aloneWith: lab().engine29.socket }),
  );
}, 600_000);
