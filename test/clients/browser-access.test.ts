import { expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { BuildService } from "../../src/gen/slipway/v1/build_pb.js";
import { BuildPolicyService } from "../../src/gen/slipway/v1/build_policy_pb.js";
import { BuilderService } from "../../src/gen/slipway/v1/builder_pb.js";
import { HistoryService } from "../../src/gen/slipway/v1/history_pb.js";
import { HostService } from "../../src/gen/slipway/v1/host_pb.js";
import { ImageService } from "../../src/gen/slipway/v1/image_pb.js";
import { PluginService } from "../../src/gen/slipway/v1/plugin_pb.js";
import { UploadService } from "../../src/gen/slipway/v1/upload_pb.js";
import { contextOf } from "../host/build.js";
import { lab, until } from "../lab/index.js";
import { openPage, protocols, servePages, shown, streamFrom, takeTour } from "./browser.js";
import { startProxy } from "./proxy.js";

it("offers pages all methods except the two that stream to the host", () => {
  const services = [
    BuildService,
    BuilderService,
    PluginService,
    HistoryService,
    HostService,
    BuildPolicyService,
    ImageService,
    UploadService,
  ];
  const methods = services.flatMap((service) => service.methods);
  const streaming = methods.filter(({ methodKind }) => /^(client|bidi)_streaming$/.test(methodKind));
  expect(streaming.map(({ name }) => name)).toEqual(["DialBuilder", "UploadTar"]);
});

it("lets a page read the reason of a refused call", async () => {
  const { page, host, url, token } = await openPage();
  const folder = await contextOf({ "no-dockerfile": "" });
  for (const protocol of protocols) {
    await takeTour(page, { protocol, url, token: "", folder });
    expect(await shown(page)).toMatch(/^TOKEN_MISSING: The host requires a token\.\nSend the header /);
    await takeTour(page, { protocol, url, token: `${token}0`, folder });
    expect(await shown(page)).toMatch(/^TOKEN_WRONG: /);
    await takeTour(page, { protocol, url, token, folder });
    expect(await shown(page)).toMatch(/^DOCKERFILE_NOT_FOUND: .*no such file or directory\nGive its path /m);

    const name = "BuildService/WatchBuild";
    const unknown = { protocol, url, name, message: { id: "none" } };
    expect(await streamFrom(page, { ...unknown, token: "" })).toBe("TOKEN_MISSING");
    expect(await streamFrom(page, { ...unknown, token })).toBe("BUILD_UNKNOWN");
  }
  expect((await host.builds.listBuilds({})).builds).toEqual([]);

  const statusOf = (authorization: Record<string, string>) =>
    page.evaluate(
      async ({ method, authorization }) => {
        const headers = { "content-type": "application/grpc-web+proto", ...authorization };
        return (await fetch(method, { method: "POST", headers })).headers.get("grpc-status");
      },
      { method: `${url}/slipway.v1.BuildService/Nothing`, authorization },
    );
  expect(await statusOf({ authorization: `Bearer ${token}` })).toBe("12");
  // Who has no token learns of no methods.
  expect(await statusOf({})).toBe("16");
});

it("gives a page of another origin no access", async () => {
  const { page, host, url, token } = await openPage();
  const otherOrigin = await servePages();
  await page.goto(otherOrigin);
  const folder = await contextOf({ Dockerfile: "FROM scratch\n" });
  for (const protocol of protocols) {
    await takeTour(page, { protocol, url, token, folder });
    expect(await shown(page)).toBe(
      `Failed to fetch: the host is not running, or not with --cors-origin ${otherOrigin}\n`,
    );
  }
  // A request without preflight, whose response the page cannot read.
  const type = await page.evaluate(async (method) => {
    const body = JSON.stringify({ spec: { context: { empty: {} } } });
    return (await fetch(method, { method: "POST", mode: "no-cors", body })).type;
  }, `${url}/slipway.v1.BuildService/StartBuild`);
  expect(type).toBe("opaque");
  expect((await host.builds.listBuilds({})).builds).toEqual([]);
});

it("refuses a page after DNS rebinding to the host, even with the token", async () => {
  const { page, origin, port, url, token } = await openPage({
    args: ["--host-resolver-rules=MAP rebound.example 127.0.0.1"],
  });
  let target = Number(new URL(origin).port);
  const rebinding = await startProxy(() => target);
  await page.goto(`http://rebound.example:${rebinding.port}`);
  target = port;
  rebinding.cut();
  const ask = (address: string, init: RequestInit) =>
    page.evaluate(
      async ([address, init]) => {
        const answer = await fetch(address, init);
        return [answer.status, JSON.parse(await answer.text()).details[0].debug.reason];
      },
      [address, init] as const,
    );
  const negotiate = "/slipway.v1.HostService/Negotiate";
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const post = { method: "POST", headers, body: "{}" };
  expect(await ask(negotiate, post)).toEqual([403, "ORIGIN_REFUSED"]);
  const get = `${negotiate}?connect=v1&encoding=json&message=%7B%7D`;
  expect(await ask(get, { method: "GET" })).toEqual([401, "TOKEN_MISSING"]);
  await expect(ask(url + negotiate, post)).rejects.toThrow("Failed to fetch");
});

it("cancels a build when the page that watches it with cancel_on_disconnect is closed", async () => {
  const { page, host, url, token } = await openPage();
  for (const protocol of protocols) {
    const dockerfile = Buffer.from(`FROM ${lab().registry.baseImage}\nRUN sleep 300\n`);
    const { build } = await host.builds.startBuild({
      spec: {
        builder: "present",
        context: { source: { case: "empty", value: {} } },
        dockerfile: { source: { case: "content", value: dockerfile } },
        noCache: true,
      },
    });
    const state = async () => (await host.builds.getBuild({ id: build!.id })).build!.state;
    const tab = await page.context().newPage();
    await tab.goto(page.url());
    const message = { id: build!.id, cancelOnDisconnect: true };
    const asked = tab.waitForRequest(/WatchBuild/);
    const watching = streamFrom(tab, { protocol, url, token, name: "BuildService/WatchBuild", message });
    watching.catch(() => {});
    await (await asked).response();
    await until("the build to run", async () => (await state()) === BuildState.RUNNING);
    await tab.close();
    await until("the build to end", async () => (await state()) === BuildState.CANCELED);
  }
});
