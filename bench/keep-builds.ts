import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs, timestampNow } from "@bufbuild/protobuf/wkt";
import { BuildEventSchema, BuildState } from "../src/gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../src/gen/slipway/v1/build_pb.js";
import { newBuildId } from "../src/host/builds/build-id.js";
import { Store } from "../src/host/store/store.js";
import { forEachLimit } from "../src/util/for-each-limit.js";

/** Events of each build: about as many as of a no-op build. */
const eventsOfBuild = 20;

/** Fills the state folder of a host with ended builds of several principals, one a second until now. */
export async function keepBuilds(stateDir: string, count: number): Promise<void> {
  const folder = join(stateDir, "store");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const store = new Store(folder);
  const begin = Date.now() - count * 1000;
  try {
    const numbers = Array.from({ length: count }, (_, n) => n);
    await forEachLimit(numbers, 1000, (n) => keep(store, n, begin + n * 1000));
  } finally {
    await store.close();
  }
}

async function keep(store: Store, n: number, startMs: number): Promise<void> {
  const id = newBuildId("", startMs);
  const owner = n % 4 ? "local" : `token:t${n % 20}`;
  const spec = { buildArgs: { VERSION: String(n) }, tags: [`example.com/app:${n}`] };
  const pending = create(BuildSchema, { id, owner, state: BuildState.PENDING, builder: "default", spec });
  const vertexes = [{ digest: `sha256:${String(n).padStart(64, "0")}`, name: "[1/2] RUN make" }];
  const bytes = toBinary(
    BuildEventSchema,
    create(BuildEventSchema, { time: timestampNow(), event: { case: "progress", value: { vertexes } } }),
  );
  const events = Array.from({ length: eventsOfBuild }, (_, at) => ({ sequence: at + 1, bytes }));
  const state = n % 10 ? BuildState.SUCCEEDED : BuildState.FAILED;
  const ended = { ...pending, state, endTime: timestampFromMs(startMs + 500) };
  await store.builds.add(pending);
  await store.builds.end(
    { ...ended, lastSequence: BigInt(eventsOfBuild) },
    events,
    eventsOfBuild * bytes.length,
  );
}
