import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { connect } from "../../src/client/slipway.js";
import { startBuild } from "../../src/client/start-build.js";
import { watchBuild } from "../../src/client/watch-build.js";
import { type BuildEvent, BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { hashToken, newToken, writeAccessFile } from "../../src/host/access/access-file.js";
import { slipwayOf } from "../cli/slipway.js";
import { forward } from "../deploy/forward.js";
import { contextOf } from "../host/build.js";
import { cli, type TestHost } from "../host/host.js";
import { freePort, lab, type Postgres, run, startPostgres, tempDir, until } from "../lab/index.js";
import { specOf, startMember } from "./team.js";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

/** A step that writes a line every half second, for so many seconds. */
const stepFor = (seconds: number) =>
  `FROM ${lab().registry.baseImage}\nRUN : ${randomUUID()}; for i in $(seq ${2 * seconds}); do echo line $i; sleep 0.5; done; echo ends\n`;

/** Seconds that the builds run: some end while their host waits for them, others are handed over. */
const durations = Array.from({ length: 30 }, (_, at) => (at % 3 === 0 ? 45 : 5 + at));

it("no build fails while both hosts are restarted, one after the other", async () => {
  const url = await postgres.newDatabase();
  const [token, folder] = [newToken(), await tempDir()];
  const access = join(folder, "access.toml");
  await writeAccessFile(access, {
    tokens: [{ name: "ci", hash: hashToken(token), role: "builder", groups: [] }],
    certificates: [],
  });
  await writeFile(join(folder, "token"), token, { mode: 0o600 });
  const ports = [await freePort(), await freePort()];
  const argsOf = (at: number) => [
    ...["--tcp", `127.0.0.1:${ports[at]}`, "--token-file", access],
    ...["--max-running-builds", "30"],
  ];
  const names = ["one", "two"];
  const hosts = await Promise.all(names.map((name, at) => startMember(url, name, { args: argsOf(at) })));
  const isReady = [true, true];
  for (const host of hosts)
    await host.builders.setBuilderAccess({ name: "shared", allowedPrincipals: ["token:ci"] });

  // As a load balancer: each connection goes to the next host that is ready.
  let turn = 0;
  const balancer = await forward({ host: "127.0.0.1" }, () => {
    turn++;
    const at = isReady[turn % 2] ? turn % 2 : (turn + 1) % 2;
    return { host: "127.0.0.1", port: ports[at]! };
  });
  const remote = {
    PATH: process.env.PATH,
    HOME: folder,
    SLIPWAY_HOST: `http://127.0.0.1:${balancer.port}`,
    SLIPWAY_TOKEN_FILE: join(folder, "token"),
  };

  /** Runs a build by the TypeScript client; resolves with all its events. */
  const byClient = async (seconds: number): Promise<BuildEvent[]> => {
    const slipway = await connect({ env: remote, start: false });
    onTestFinished(() => slipway.close());
    const id = await startBuild(slipway, specOf(stepFor(seconds)));
    const events: BuildEvent[] = [];
    for await (const event of watchBuild(slipway, id)) events.push(event);
    return events;
  };
  /** Runs a build by the command, through the balancer, or at the socket of a host. */
  const byCommand = async (seconds: number, host?: TestHost) => {
    const context = await contextOf({ Dockerfile: stepFor(seconds) });
    const args = [
      "build",
      "--progress",
      "plain",
      "--builder",
      "shared",
      "--output",
      "type=cacheonly",
      context,
    ];
    if (host) return slipwayOf(host)(args);
    return run(process.execPath, [cli, ...args], { env: remote as NodeJS.ProcessEnv, timeout: 280_000 });
  };

  const clients: Promise<BuildEvent[]>[] = [];
  const commands: ReturnType<typeof byCommand>[] = [];
  durations.forEach((seconds, at) => {
    if (at % 2 === 0) clients.push(byClient(seconds));
    else commands.push(byCommand(seconds, [undefined, ...hosts][at % 3]));
  });
  await until("all builds to run", async () => {
    const { builds } = await hosts[0]!.builds.listBuilds({ states: [BuildState.RUNNING], pageSize: 100 });
    return builds.length === durations.length;
  });

  for (const [at, host] of hosts.entries()) {
    isReady[at] = false;
    host.process.kill("SIGTERM");
    await host.ended;
    expect(host.process.exitCode).toBe(0);
    const next = await startMember(url, names[at]!, { args: argsOf(at), folder: host.folder });
    const created = await slipwayOf(next)([
      "create",
      "--name",
      "shared",
      "--append",
      "--node",
      "shared0",
      lab().buildkitd.address,
    ]);
    expect(created).toMatchObject({ code: 0 });
    isReady[at] = true;
    hosts[at] = next;
  }

  const ended = await Promise.all(clients);
  for (const events of ended) {
    expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_, index) => index + 1));
    const last = events.at(-1)!.event;
    expect(last).toMatchObject({ case: "finished", value: { state: BuildState.SUCCEEDED } });
  }
  // Both ways were taken.
  const restarts = ended.map((events) => events.filter(({ event }) => event.case === "restarted").length);
  expect(restarts).toContain(0);
  expect(Math.max(...restarts)).toBeGreaterThan(0);
  for (const finished of await Promise.all(commands)) {
    expect(finished.stderr).toMatch(/\d ends$/m);
    expect([finished.code, finished.stderr.slice(-2000)]).toEqual([0, expect.any(String)]);
  }
  const { builds } = await hosts[0]!.builds.listBuilds({ pageSize: 100 });
  expect(builds).toHaveLength(durations.length);
  expect(builds.filter(({ state }) => state !== BuildState.SUCCEEDED)).toEqual([]);
}, 300_000);
