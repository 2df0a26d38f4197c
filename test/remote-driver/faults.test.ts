import { randomBytes } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type BuildEvent, BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { contextOf, fromPath, mustBuild, type SpecInit, watchToEnd } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab, must, tempDir } from "../lab/index.js";
import { daemon, failure } from "./harness.js";

const hello = async (): Promise<SpecInit> => ({
  builder: "remote0",
  context: fromPath(await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\nRUN echo hello\n` })),
});

/** A long step, and a check whether a build has reached it. */
interface Moment {
  dockerfile: string;
  isNow(event: BuildEvent["event"]): boolean;
}

const step = (name: RegExp) => (event: BuildEvent["event"]) =>
  event.case === "progress" &&
  event.value.statuses.some((status) => name.test(`${status.id} ${status.name}`));

const moments: Record<string, Moment> = {
  "a RUN step runs": {
    dockerfile: "RUN echo started; while true; do sleep 0.1; done",
    isNow: (event) =>
      event.case === "progress" && event.value.logs.some(({ data }) => Buffer.from(data).includes("started")),
  },
  "the context is sent": { dockerfile: "COPY big /", isNow: step(/^transferring context/) },
  "the result is exported": {
    dockerfile: "RUN dd if=/dev/zero of=/zeros bs=1048576 count=400",
    isNow: step(/^sending tarball/),
  },
};

it.each(Object.entries(moments))(
  "a daemon killed while %s fails the build with a typed error, and is used again after a restart",
  async (_what, { dockerfile, isNow }) => {
    const buildkitd = await daemon("tcp");
    const host = await startHost();
    await host.builders.createBuilder({
      name: "remote0",
      driver: "remote",
      node: { endpoint: buildkitd.address },
    });
    const context = await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\n${dockerfile}\n` });
    await writeFile(join(context, "big"), randomBytes(dockerfile.startsWith("COPY") ? 256 << 20 : 0));
    const out = await tempDir();
    const { build } = await host.builds.startBuild({
      spec: {
        builder: "remote0",
        context: fromPath(context),
        outputs: [{ type: "oci", destination: { case: "path", value: join(out, "image.tar") } }],
      },
    });
    let killed = false;
    for await (const { event } of host.builds.watchBuild({ id: build!.id })) {
      if (killed || !isNow(event!.event)) continue;
      killed = true;
      await buildkitd.kill();
    }
    expect(killed).toBe(true);
    const { finished } = await watchToEnd(host, build!.id);
    expect(finished).toMatchObject({ state: BuildState.FAILED });
    expect(finished.error).toMatchObject({
      reason: "BUILDKIT_REFUSED",
      message: expect.stringContaining("BuildKit was lost during the build."),
      remedy: expect.stringContaining("Run the build again."),
    });
    // No partial result is left. A result is whole if BuildKit had sent all of it before it was killed.
    for (const name of await readdir(out)) {
      expect(name).toBe("image.tar");
      await must("tar", ["-tf", join(out, name), "index.json"]);
    }

    expect(await failure(host.builds.startBuild({ spec: await hello() }))).toMatchObject({
      reason: "BUILDKIT_REFUSED",
    });
    await buildkitd.restart();
    expect((await mustBuild(host, await hello())).output).toContain("hello");
  },
);

it("a daemon restarted between two builds is used without an error", async () => {
  const buildkitd = await daemon("tls");
  const { ca: cacert, cert, key } = buildkitd.tls!;
  const host = await startHost();
  const node = { endpoint: buildkitd.address, options: { cacert, cert, key } };
  await host.builders.createBuilder({ name: "remote0", driver: "remote", node });
  await mustBuild(host, await hello());
  await buildkitd.restart();
  await mustBuild(host, await hello());
});
