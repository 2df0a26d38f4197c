import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { makeTestTls, must, tempDir } from "../lab/index.js";
import { openPage, protocols, secret, shown, takeTour, tourContext, untilPageBuilds } from "./browser.js";

it.each(protocols)(
  "a browser completes the tour with %s, continues after a lost connection, and uploads only what the host lacks",
  async (protocol) => {
    const opened = await openPage();
    const { page, host, proxy, url, token } = opened;
    const folder = await tourContext({ "deep/er/file": "y", empty: "", id: randomBytes(8).toString("hex") });
    const big = randomBytes(5 << 20);
    await writeFile(join(folder, "big"), big);

    await takeTour(page, { protocol, url, token, folder });
    await untilPageBuilds(opened);
    const connections = proxy.connections();
    proxy.cut();
    const text = await shown(page);
    expect(text).toMatch(/^host: slipway .*\nbuilder: present\nuploaded: \d{7} bytes\n/);
    expect(text).toMatch(/^step: \[stage-0 4\/4\] RUN --mount=type=secret/m);
    expect(text).toMatch(/^archive: \d+ bytes\ncancelled\ncache: [1-9]\d* records, [1-9]\d* bytes\n$/m);
    expect(proxy.connections()).toBeGreaterThan(connections);
    const { builds } = await host.builds.listBuilds({});
    expect(builds.map(({ state }) => state)).toEqual([BuildState.CANCELED, BuildState.SUCCEEDED]);

    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Save out.tar" }).click();
    const archive = await (await download).path();
    const read = async (name: string) => (await must("tar", ["-xOf", archive, name])).stdout;
    expect(await read("greeting")).toBe("hello 11\n");
    expect(await read("context/deep/er/file")).toBe("y");
    const { stdout } = await must("tar", ["-tvf", archive, "context/big", "context/empty"]);
    expect(stdout).toMatch(new RegExp(` ${big.length} .*context/big\n.* 0 .*context/empty\n`));
    expect(host.log()).not.toContain(secret);
    expect(host.log()).not.toContain(token);

    await writeFile(join(folder, "id"), "changed");
    const before = proxy.sent();
    await takeTour(page, { protocol, url, token, folder });
    expect(await shown(page)).toMatch(/^uploaded: 7 bytes\n(.*\n)+archive: \d+ bytes\ncancelled\n/m);
    expect(proxy.sent() - before).toBeLessThan(256 << 10);
  },
);

it("a browser completes the tour over TLS with HTTP/2", async () => {
  const { serverCert, serverKey } = await makeTestTls(join(await tempDir(), "tls"));
  const tls = ["--tls-cert", serverCert, "--tls-key", serverKey];
  const { page, url, token } = await openPage({ anyCertificate: true }, tls);
  const network = await page.context().newCDPSession(page);
  const protocolsUsed = new Set<string | undefined>();
  network.on("Network.responseReceived", ({ response }) => {
    if (response.url.startsWith(url)) protocolsUsed.add(response.protocol);
  });
  await network.send("Network.enable");
  const folder = await tourContext();
  for (const protocol of protocols) {
    await takeTour(page, { protocol, url, token, folder });
    expect(await shown(page)).toMatch(/^archive: \d+ bytes\ncancelled\ncache: /m);
  }
  expect([...protocolsUsed]).toEqual(["h2"]);
});
