import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { contextOf } from "../host/build.js";
import { shareHost } from "../host/host.js";
import { lab, must, type RunningBuildkitd, startBuildkitd, tempDir } from "../lab/index.js";
import { newRepository, type User, userOf } from "./harness.js";

/** A daemon with an empty cache. */
let other: RunningBuildkitd;
beforeAll(async () => {
  other = await startBuildkitd();
}, 300_000);
afterAll(() => other?.stop());

/** The tools share a builder on the lab's daemon, and have "other" on that with an empty cache. */
let user: User;
const host = shareHost();
beforeAll(async () => {
  user = await userOf(host());
  const node = { endpoint: other.address };
  await user.host.builders.createBuilder({ name: "other", driver: "remote", node });
  const create = ["create", "--name", "other", "--driver", "remote", other.address];
  await must(lab().buildx, create, { env: user.env });
});

type Tool = "slipway" | "buildx";

async function build(tool: Tool, ...args: string[]): Promise<string> {
  const { code, stderr } = await user[tool](["build", "--progress=plain", ...args]);
  expect([tool, code, stderr]).toEqual([tool, 0, expect.anything()]);
  return stderr;
}

/** Names of the RUN steps that the cache had. */
function cachedSteps(progress: string): string[] {
  const steps = [...progress.matchAll(/^(#\d+) \[.* RUN echo (\w+) /gm)];
  const cached = steps.filter(([, id]) => progress.includes(`${id} CACHED\n`));
  return [...new Set(cached.map(([, , name]) => name!))].sort();
}

describe.each<[Tool, Tool]>([
  ["slipway", "buildx"],
  ["buildx", "slipway"],
])("what %s wrote %s reads", (writer, reader) => {
  /** Arguments of the writer, and of the reader. */
  const caches: Record<string, () => Promise<[to: string[], from: string]>> = {
    registry: async () => {
      const ref = `${newRepository()}:cache`;
      return [["--cache-to", `type=registry,ref=${ref},mode=max`], `type=registry,ref=${ref}`];
    },
    local: async () => {
      const folder = join(await tempDir(), "cache");
      return [["--cache-to", `type=local,dest=${folder},mode=max`], `type=local,src=${folder}`];
    },
    inline: async () => {
      const ref = `${newRepository()}:1`;
      return [["--tag", ref, "--push", "--cache-to", "type=inline"], ref];
    },
  };

  test.each(Object.keys(caches))("a cache: %s", async (type) => {
    const [to, from] = await caches[type]!();
    const id = randomUUID();
    const base = lab().registry.baseImage;
    const context = await contextOf({
      Dockerfile: `FROM ${base}\nRUN echo first ${id} > /first\nRUN echo last ${id} > /last\n`,
    });
    expect(cachedSteps(await build(writer, ...to, context))).toEqual([]);
    const progress = await build(reader, "--builder", "other", "--cache-from", from, context);
    expect(cachedSteps(progress)).toEqual(["first", "last"]);
  });

  test("an OCI layout", async () => {
    const layout = join(await tempDir(), "layout");
    const made = await contextOf({ Dockerfile: "FROM scratch\nCOPY file /of-layout\n", file: "layout" });
    await build(writer, "--output", `type=oci,tar=false,dest=${layout},name=app:2`, made);
    const context = await contextOf({ Dockerfile: "FROM made\n" });
    const out = join(await tempDir(), "out");
    const named = `made=oci-layout://${layout}:2`;
    await build(reader, "--builder", "other", "--build-context", named, "--output", out, context);
    expect(await readFile(join(out, "of-layout"), "utf8")).toBe("layout");
  });

  test("an archive as a context", async () => {
    const archive = join(await tempDir(), "out.tar");
    const made = await contextOf({
      Dockerfile: "FROM scratch\nCOPY file made.Dockerfile /\n",
      file: "archive",
      "made.Dockerfile": "FROM scratch\nCOPY file /copy\n",
    });
    await build(writer, "--output", `type=tar,dest=${archive}`, made);
    const out = join(await tempDir(), "out");
    const { code, stderr } = await user[reader](
      ["build", "--builder", "other", "--output", out, "-f", "made.Dockerfile", "-"],
      { input: await readFile(archive) },
    );
    expect([code, stderr]).toEqual([0, expect.anything()]);
    expect(await readFile(join(out, "copy"), "utf8")).toBe("archive");
  });
});
