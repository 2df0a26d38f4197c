import { randomUUID } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { expect, it } from "vitest";
import type { BootstrappedBuilder } from "../../src/gen/slipway/v1/builder_pb.js";
import { failure } from "../builders/harness.js";
import { lab, tempDir } from "../lab/index.js";
import { contextOf, fromPath, watchToEnd } from "./build.js";
import { startHost } from "./host.js";

const reused = {
  code: Code.InvalidArgument,
  reason: "REQUEST_ID_REUSED",
  fields: [{ field: "request_id" }],
};

it("a repeated request makes one builder and one node, and the same id with another content is refused", async () => {
  const host = await startHost();
  const endpoint = lab().buildkitd.address;
  const create = { requestId: randomUUID(), driver: "remote", node: { endpoint } };
  const [first, again] = await Promise.all([
    host.builders.createBuilder(create),
    host.builders.createBuilder(create),
  ]);
  expect(again).toEqual(first);
  const builder = first.builder!.name;
  expect(await failure(host.builders.createBuilder({ ...create, name: "other" }))).toMatchObject(reused);

  const append = { requestId: randomUUID(), builder, node: { endpoint: "tcp://127.0.0.1:1" } };
  await host.builders.appendNode(append);
  const { builder: appended } = await host.builders.appendNode(append);
  expect(appended!.nodes.map(({ spec }) => spec!.name)).toEqual([`${builder}0`, `${builder}1`]);
  const { builders } = await host.builders.listBuilders({});
  expect(builders.filter(({ implicit }) => !implicit).map(({ nodes }) => nodes.length)).toEqual([2]);

  for (const requestId of ["1", "x".repeat(36)]) {
    const refused = { reason: "REQUEST_ID_INVALID", fields: [{ field: "request_id" }] };
    expect(await failure(host.builders.createBuilder({ ...create, requestId }))).toMatchObject(refused);
  }
});

it("a repeated boot of a change makes and boots one builder, and the same id with another content is refused", async () => {
  const host = await startHost();
  const boot = async (value: object) => {
    let last: BootstrappedBuilder | undefined;
    for await (const { event } of host.builders.bootstrapBuilder({ change: { case: "create", value } }))
      if (event.case === "booted") last = event.value;
    return last!.builder!;
  };
  const value = { requestId: randomUUID(), driver: "remote", node: { endpoint: lab().buildkitd.address } };
  const [first, again] = await Promise.all([
    boot(value),
    boot({ ...value, requestId: value.requestId.toUpperCase() }),
  ]);
  expect(again).toEqual(first);
  expect(first.nodes[0]!.buildkitVersion).not.toBe("");
  const { builders } = await host.builders.listBuilders({});
  expect(builders.filter(({ implicit }) => !implicit).map(({ name }) => name)).toEqual([first.name]);
  const field = "create.request_id";
  expect(await failure(boot({ ...value, name: "other" }))).toMatchObject({ ...reused, fields: [{ field }] });
  expect(await failure(boot({ ...value, requestId: "1" }))).toMatchObject({
    reason: "REQUEST_ID_INVALID",
    fields: [{ field }],
  });
});

it("the request id of a build belongs to its specification, also for the next host", async () => {
  const folder = await tempDir();
  const host = await startHost({ folder });
  await host.builders.createBuilder({
    name: "far",
    driver: "remote",
    node: { endpoint: lab().buildkitd.address },
  });
  const context = fromPath(await contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }));
  const spec = { builder: "far", context, outputs: [{ type: "cacheonly" }], labels: { a: "1", b: "2" } };
  const requestId = randomUUID();
  const { build } = await host.builds.startBuild({ requestId, spec });
  const other = { requestId, spec: { ...spec, target: "other" } };
  expect(await failure(host.builds.startBuild(other))).toMatchObject(reused);
  await watchToEnd(host, build!.id);

  await host.host.shutdown({});
  await host.ended;
  const next = await startHost({ folder });
  const same = { requestId: requestId.toUpperCase(), spec: { ...spec, labels: { b: "2", a: "1" } } };
  expect((await next.builds.startBuild(same)).build!.id).toBe(build!.id);
  expect(await failure(next.builds.startBuild(other))).toMatchObject(reused);
});
