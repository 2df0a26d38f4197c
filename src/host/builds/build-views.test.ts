import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BuildState } from "../../gen/slipway/v1/build_event_pb.js";
import { BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { localPrincipal } from "../access/principal.js";
import { keptLog } from "../base/kept-log.test-helper.js";
import { Store } from "../store/store.js";
import { BuildViews } from "./build-views.js";
import { UnstoredEnds } from "./unstored-ends.js";

const all = { states: [], builder: "", project: "", name: "", owner: "" };

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-views-"));
  store = new Store(folder);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

it("lists builds without their larger parts, which one build alone has", async () => {
  const build = create(BuildSchema, {
    id: "b",
    state: BuildState.FAILED,
    spec: { target: "app" },
    error: {
      reason: "STEP_FAILED",
      sources: [{ filename: "Dockerfile", data: Buffer.from("FROM scratch"), ranges: [{ startLine: 1 }] }],
    },
    result: {
      imageDigest: "sha256:1",
      provenance: [{ platform: "linux/amd64", predicate: Buffer.from("{}") }],
      call: { text: "no warnings" },
    },
  });
  await store.builds.add(create(BuildSchema, { id: "b", state: BuildState.PENDING }));
  await store.builds.end(build, [], 0);
  const views = new BuildViews(new Map(), new UnstoredEnds(keptLog().log), store.builds);

  const { found } = await views.list(all, localPrincipal, { size: 1, after: undefined });
  const { id, state } = build;
  const sources = [{ filename: "Dockerfile", ranges: [{ startLine: 1 }] }];
  const short = { error: { reason: "STEP_FAILED", sources }, result: { imageDigest: "sha256:1" } };
  expect(found).toEqual([create(BuildSchema, { id, state, ...short })]);
  expect(await views.get("b", localPrincipal)).toEqual(build);
});

it("finds builds by a part of their name or id while other work goes on", async () => {
  const add = async (id: string, displayName: string) => {
    const build = create(BuildSchema, { id, displayName, state: BuildState.SUCCEEDED });
    await store.builds.add(build);
    await store.builds.end(build, [], 0);
  };
  await add("0000-first", "Shop/Server");
  await Promise.all(Array.from({ length: 3000 }, (_, index) => add(String(3000 + index), "other")));
  const views = new BuildViews(new Map(), new UnstoredEnds(keptLog().log), store.builds);
  const find = async (name: string) => {
    const { found } = await views.list({ ...all, name }, localPrincipal, { size: 2, after: undefined });
    return found.map(({ id }) => id);
  };
  let turns = 0;
  const counting = setInterval(() => turns++);
  expect([await find("SHOP"), await find("-fir"), await find("99")]).toEqual([
    ["0000-first"],
    ["0000-first"],
    ["5999", "5998"],
  ]);
  clearInterval(counting);
  expect(turns).toBeGreaterThan(2);
});
