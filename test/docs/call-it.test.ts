import { expect, test } from "vitest";
import { engineEnvironment, startHost } from "../host/host.js";
import { must } from "../lab/index.js";
import { ensurePackages } from "../lab/packages.js";
import { runSection } from "./script.js";

test.each(["TypeScript", "Go", "Python", "Java", "curl"])(
  "the program in %s works as it is written",
  async (language) => {
    await ensurePackages(["curl", "jq"]);
    const host = await startHost();
    const engine = engineEnvironment("engine29");
    const image = `called/${language.toLowerCase()}`;
    const docker = async (...args: string[]) =>
      (await must("docker", args, { env: { ...process.env, ...engine } })).stdout;
    try {
      const variables = { SLIPWAY_HOST: `unix://${host.socket}`, ...engine };
      const { stdout } = await runSection("call-it.md", language, variables);
      const digest = stdout.trimEnd().split("\n").at(-1);
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(await docker("image", "inspect", "--format", "{{.Id}}", image)).toBe(`${digest}\n`);
    } finally {
      await docker("image", "rm", "--force", image);
    }
  },
  600_000,
);
