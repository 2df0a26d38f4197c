import { type DescMethod, type DescService, type Message, toJson } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { expect, it, onTestFinished } from "vitest";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { BuildPolicyService } from "../../src/gen/slipway/v1/build_policy_pb.js";
import { BuilderService } from "../../src/gen/slipway/v1/builder_pb.js";
import { HistoryService } from "../../src/gen/slipway/v1/history_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { ImageService } from "../../src/gen/slipway/v1/image_pb.js";
import { PluginService } from "../../src/gen/slipway/v1/plugin_pb.js";
import { UploadService } from "../../src/gen/slipway/v1/upload_pb.js";
import { contextOf, fromPath, mustBuild } from "../host/build.js";
import { startHost, type TestHost } from "../host/host.js";
import { lab, startBuildkitd } from "../lab/index.js";

/** A page of any list. */
interface Page extends Message {
  nextPageToken: string;
}
type ListCall = (request: object) => Promise<Page>;

/** All methods with pages, found in the descriptors, so that a new list is tested too. */
function lists(host: TestHost): { method: DescMethod; call: ListCall }[] {
  const clients: [DescService, Client<DescService>][] = [
    [BuildService, host.builds],
    [BuilderService, host.builders],
    [HistoryService, host.history],
    [ImageService, host.images],
    [BuildPolicyService, host.policies],
    [HostService, host.host],
    [PluginService, host.plugins],
    [UploadService, host.uploads],
  ];
  return clients.flatMap(([service, client]) =>
    service.methods
      .filter((method) => method.methodKind === "unary")
      .filter(({ input }) => input.fields.some(({ name }) => name === "page_size"))
      .map((method) => ({ method, call: client[method.localName] as unknown as ListCall })),
  );
}

/** The identities of a page's entries: the only repeated field beside the diagnostics. */
function keysOf({ output }: DescMethod, page: Page): string[] {
  const field = output.fields.find(({ fieldKind, name }) => fieldKind === "list" && name !== "diagnostics")!;
  const entries = (toJson(output, page) as Record<string, Record<string, unknown>[]>)[field.jsonName] ?? [];
  return entries.map(({ ref, id, name, node }) => JSON.stringify([ref ?? id ?? name, node]));
}

it("every list has pages of one entry, which join to the whole list", async () => {
  const { address, stop } = await startBuildkitd();
  onTestFinished(stop);
  const second = await startBuildkitd();
  onTestFinished(second.stop);
  const host = await startHost();
  for (const name of ["far", "other"])
    await host.builders.createBuilder({ name, driver: "remote", node: { endpoint: address } });
  await host.builders.appendNode({ builder: "far", node: { endpoint: second.address } });
  for (const text of ["one", "two"]) {
    const Dockerfile = `FROM ${lab().registry.baseImage}\nRUN echo ${text}\n`;
    await mustBuild(host, { builder: "far", context: fromPath(await contextOf({ Dockerfile })) });
  }
  const methods = lists(host);
  expect(methods.map(({ method }) => method.name).sort()).toEqual([
    "GetDiskUsage",
    "GetDiskUsageHistory",
    "ListBuilders",
    "ListBuilds",
    "ListDrivers",
    "ListHistory",
    "ListPlugins",
    "VerifyPlugins",
  ]);
  for (const { method, call } of methods) {
    const ofBuilder = method.input.fields.some(({ name }) => name === "builder") ? { builder: "far" } : {};
    const whole = async () => keysOf(method, await call(ofBuilder));
    const joined = async () => {
      const keys: string[] = [];
      for (let pageToken = ""; ; ) {
        const page = await call({ ...ofBuilder, pageSize: 1, pageToken });
        const own = keysOf(method, page);
        expect(own.length, method.name).toBeLessThanOrEqual(1);
        keys.push(...own);
        if (!page.nextPageToken) return keys;
        ({ nextPageToken: pageToken } = page);
      }
    };
    // BuildKit may still change its records for a moment after a build.
    await expect
      .poll(async () => [await joined(), await whole()], { timeout: 60_000 })
      .toSatisfy(([pages, all]: string[][]) => pages!.join() === all!.join(), method.name);
    expect(new Set(await whole()).size, method.name).toBeGreaterThan(1);
  }
});
