import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { mustBuild, watchToEnd } from "../host/build.js";
import { failure } from "../host/failure.js";
import type { TestHost } from "../host/host.js";
import { lab, must, type Postgres, startPostgres, tempDir, until } from "../lab/index.js";
import { begin, follow, gate, small, specOf, startMember, untilBegun, untilEvent } from "./team.js";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

const newKey = () => randomBytes(32).toString("base64");

/** A file with the keys of the state, the newest first. */
async function keyFile(...keys: string[]) {
  const file = join(await tempDir(), "state-key");
  const write = (...lines: string[]) => writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  await write(...keys);
  return { file, write };
}

/** The specification of a build that has a secret, and checks it. */
const withSecret = (dockerfile: string) =>
  specOf(dockerfile, { secrets: [{ id: "s", value: Buffer.from("secret value") }] });
const reads = `FROM ${"BASE"}\nRUN --mount=type=secret,id=s test "$(cat /run/secrets/s)" = "secret value"\n`;

async function stop(host: TestHost): Promise<void> {
  host.process.kill("SIGTERM");
  await host.ended;
}

it("hosts with empty state folders go on from a dump that was made while builds ran", async () => {
  const url = await postgres.newDatabase();
  const { file } = await keyFile(newKey());
  const args = ["--state-key-file", file, "--max-running-builds", "1"];
  const lost = await startMember(url, "host", { args });
  const done = await mustBuild(lost, specOf(`FROM ${lab().registry.baseImage}\nRUN echo kept output\n`));
  const { dockerfile, open } = gate();
  const running = await begin(lost, specOf(dockerfile));
  await untilBegun(follow(lost, running).events);
  const waiting = await begin(lost, withSecret(reads.replace("BASE", lab().registry.baseImage)));
  await untilEvent(follow(lost, waiting).events, "queued");

  const dump = join(await tempDir(), "slipway.dump");
  await must("pg_dump", ["--format=custom", `--file=${dump}`, url]);
  const after = await begin(lost, specOf(small()));
  lost.process.kill("SIGKILL");
  await lost.ended;
  const restored = await postgres.newDatabase();
  await must("pg_restore", [`--dbname=${restored}`, dump]);

  // The dump says that the host lives, until its lease has expired.
  let next: TestHost | undefined;
  await until("the name to be free", async () => {
    next = await startMember(restored, "host", { args }).catch(() => undefined);
    return next !== undefined;
  });
  const again = await watchToEnd(next!, done.id);
  expect(again.events).toEqual(done.events);
  expect(await failure(next!.builds.getBuild({ id: after }))).toMatchObject({ reason: "BUILD_UNKNOWN" });
  await untilEvent(follow(next!, running).events, "restarted");
  await open(await startMember(restored, "other", { args }));
  for (const id of [running, waiting])
    expect((await watchToEnd(next!, id)).finished.state).toBe(BuildState.SUCCEEDED);
});

it("the state key is rotated at one host after the other, and no build that waits notices it", async () => {
  const url = await postgres.newDatabase();
  const [before, after] = [newKey(), newKey()];
  const { file, write } = await keyFile(before);
  const args = ["--state-key-file", file, "--max-running-builds", "1"];
  const hosts = await Promise.all(["one", "other"].map((name) => startMember(url, name, { args })));
  const spec = () => withSecret(reads.replace("BASE", lab().registry.baseImage));
  const restart = async (at: number) => {
    await stop(hosts[at]!);
    const name = ["one", "other"][at]!;
    hosts[at] = await startMember(url, name, { args, folder: hosts[at]!.folder });
  };
  /** A build that waits behind another one at a host while that is restarted. */
  const across = async (at: number) => {
    const blocking = gate();
    const first = await begin(hosts[at]!, specOf(blocking.dockerfile));
    await untilBegun(follow(hosts[at]!, first).events);
    const waits = await begin(hosts[at]!, spec());
    await untilEvent(follow(hosts[at]!, waits).events, "queued");
    const stopping = restart(at);
    await until("the stop to begin", () => hosts[at]!.log().includes('"Stopping"'));
    await hosts[1 - at]!.builds.cancelBuild({ id: first });
    await stopping;
    expect((await watchToEnd(hosts[at]!, waits)).finished.state).toBe(BuildState.SUCCEEDED);
  };

  await write(after, before);
  await across(0);
  // Now a host that has only the former key may not run what the other one seals.
  await across(1);
  await write(after);
  await across(0);
  await across(1);
  await mustBuild(hosts[0]!, spec());
});
