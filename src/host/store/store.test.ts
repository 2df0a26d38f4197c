import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { beforeEach, expect, it } from "vitest";
import { readTypedError } from "../../errors/typed-error.js";
import { BuildSchema } from "../../gen/slipway/v1/build_pb.js";
import { Store } from "./store.js";

let store: Store;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-store-"));
  store = new Store(folder);
  return async () => {
    await store.close();
    await rm(folder, { recursive: true });
  };
});

it("stores a build and its request id, or neither", async () => {
  const build = create(BuildSchema, { id: "b1", displayName: "first" });
  await store.addBuild(build, "request");
  expect(store.buildOfRequest("request")).toBe("b1");
  expect(store.build("b1")).toMatchObject({ displayName: "first" });

  const error = await store.addBuild({ ...build, id: "b2" }, "k".repeat(3000)).catch(readTypedError);
  expect(error).toMatchObject({ reason: "STATE_NOT_STORED", message: expect.stringContaining("Key size") });
  expect(store.build("b2")).toBeUndefined();
  expect([...store.builds()].map(({ id }) => id)).toEqual(["b1"]);
});

it("keeps the id of the host, and removes a build with its request", async () => {
  const id = await store.hostId();
  expect(await store.hostId()).toBe(id);
  await store.addBuild(create(BuildSchema, { id: "b1" }), "request");
  await store.removeBuild("b1");
  expect([store.build("b1"), store.buildOfRequest("request")]).toEqual([undefined, undefined]);
});
