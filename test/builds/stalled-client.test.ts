import { randomUUID } from "node:crypto";
import { createConnection } from "node:net";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { expect, it, onTestFinished } from "vitest";
import { type BuildEvent, BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { contextOf, fromPath, mustBuild, watchToEnd } from "../host/build.js";
import { ownMemory, startHost, type TestHost } from "../host/host.js";
import { lab, startBuildkitd } from "../lab/index.js";

const builder = "flood";
const outputs = [{ type: "cacheonly" }];
/** Bytes that the build's step writes; far more than buffers of sockets and HTTP/2 windows hold. */
const written = 32 << 20;

/** A host with a builder that does not truncate output, and another one for other builds. */
async function startFlood(): Promise<TestHost> {
  const env = { BUILDKIT_STEP_LOG_MAX_SIZE: "-1", BUILDKIT_STEP_LOG_MAX_SPEED: "-1" };
  const buildkitd = await startBuildkitd({ env });
  onTestFinished(() => buildkitd.stop());
  const host = await startHost();
  for (const [name, endpoint] of Object.entries({
    [builder]: buildkitd.address,
    calm: lab().buildkitd.address,
  }))
    await host.builders.createBuilder({ name, driver: "remote", node: { endpoint } });
  return host;
}

/** A client with its own connection, so that data it does not read does not block other clients. */
class SlowClient {
  readonly events: BuildEvent[] = [];
  #stop = new AbortController();
  #watch: AsyncIterator<{ event?: BuildEvent }>;

  constructor(
    private readonly host: TestHost,
    private readonly id: string,
  ) {
    this.#watch = this.#open(1n);
  }

  /** Reads the given number of events, by default all. */
  async read(count = Number.POSITIVE_INFINITY): Promise<void> {
    for (let read = 0; read < count; read += 1) {
      const { done, value } = await this.#watch.next();
      if (done) return;
      this.events.push(value.event!);
    }
  }

  /** Disconnects, and watches again from the last event it read. */
  reconnect(): void {
    this.leave();
    this.#watch = this.#open(this.events.at(-1)!.sequence + 1n);
  }

  leave(): void {
    this.#stop.abort();
  }

  #open(fromSequence: bigint) {
    const { socket } = this.host;
    this.#stop = new AbortController();
    const transport = createGrpcTransport({
      baseUrl: "http://localhost",
      nodeOptions: { createConnection: () => createConnection(socket) },
    });
    const { signal } = this.#stop;
    return createClient(BuildService, transport)
      .watchBuild({ id: this.id, fromSequence }, { signal })
      [Symbol.asyncIterator]();
  }
}

function bytesOf(events: BuildEvent[]): number {
  const logs = events.flatMap(({ event }) => (event.case === "progress" ? event.value.logs : []));
  return logs.reduce((sum, { data }) => sum + data.length, 0);
}

it("clients that stop reading block nobody, need little memory, and can read the rest later", async () => {
  const host = await startFlood();
  const command = `: ${randomUUID()}; yes "$(seq 1 100 | tr '\\n' ' ')" | head -c ${written}`;
  const context = fromPath(
    await contextOf({ Dockerfile: `FROM ${lab().registry.baseImage}\nRUN ${command}\n` }),
  );
  const { build } = await host.builds.startBuild({ spec: { builder, context, outputs } });
  const id = build!.id;
  const slow = Array.from({ length: 10 }, () => new SlowClient(host, id));
  await Promise.all(slow.map((client) => client.read(3)));
  const before = await ownMemory(host);

  // A client that reads sees the build end, and another build runs meanwhile.
  const [flood] = await Promise.all([
    watchToEnd(host, id),
    mustBuild(host, {
      builder: "calm",
      context: fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" })),
      outputs,
    }),
  ]);
  expect(flood.finished.state).toBe(BuildState.SUCCEEDED);
  expect(flood.output.length).toBeGreaterThanOrEqual(written);
  // Ten times the flood would be 320 MiB.
  expect((await ownMemory(host)) - before).toBeLessThan(250 << 20);

  const [patient, returning, ...gone] = slow as [SlowClient, SlowClient, ...SlowClient[]];
  returning.reconnect();
  for (const client of gone) client.leave();
  for (const client of [patient, returning]) {
    await client.read();
    const sequences = client.events.map(({ sequence }) => Number(sequence));
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    expect(client.events.at(-1)!.event.case).toBe("finished");
    expect(bytesOf(client.events)).toBeGreaterThanOrEqual(written);
  }
  expect(await host.builds.getBuild({ id })).toMatchObject({ build: { state: BuildState.SUCCEEDED } });
});
