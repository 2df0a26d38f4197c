import { randomBytes } from "node:crypto";
import { cp, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { onTestFinished } from "vitest";
import { contextOf } from "../host/build.js";
import { type BrowserOptions, openBrowser } from "../lab/chromium.js";
import { startDaemon } from "../lab/daemon.js";
import { freePort, lab, must, tempDir } from "../lab/index.js";
import { startRemoteHost, untilBuilding } from "./remote-host.js";

const root = join(import.meta.dirname, "../..");

/** The protocols of the page in examples/clients/browser. */
export const protocols = ["Connect", "gRPC-Web"] as const;

/** The secret of the builds. */
export const secret = "s3cret-w0rd";

/** A host with builders, and a browser with the page of examples/clients/browser. */
export interface Opened extends Awaited<ReturnType<typeof startRemoteHost>> {
  page: Page;
  /** Origin of the page, which the host accepts. */
  origin: string;
  /** URL of the host behind the proxy. */
  url: string;
}

/** Opens the page. `tls` are arguments of `slipway serve`. The host has a running and an unreachable builder. */
export async function openPage(options: BrowserOptions = {}, tls: string[] = []): Promise<Opened> {
  const origin = await servePages();
  const remote = await startRemoteHost(["--cors-origin", origin, ...tls]);
  const node = { endpoint: "unix:///nowhere/buildkitd.sock" };
  await remote.host.builders.createBuilder({ name: "absent", driver: "remote", node });
  const browser = await openBrowser(options);
  const page = await browser.newPage();
  await page.goto(origin);
  const url = `${tls.length > 0 ? "https" : "http"}://127.0.0.1:${remote.proxy.port}`;
  return { ...remote, page, origin, url };
}

/** Builds and serves examples/clients/browser as its README describes. Returns its origin. */
export async function servePages(): Promise<string> {
  const folder = await tempDir();
  const pages = join(folder, "pages");
  await cp(join(root, "examples/clients/browser"), pages, {
    recursive: true,
    filter: (path) => !/\/(node_modules|slipway\.binpb)$/.test(path),
  });
  const library = "node_modules/@bufbuild/protobuf";
  await mkdir(join(pages, library, ".."), { recursive: true });
  await symlink(join(root, library), join(pages, library));
  await must(join(root, "node_modules/.bin/buf"), ["build", root, "-o", join(pages, "slipway.binpb")]);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await startDaemon({
    name: "pages",
    command: "python3",
    args: ["-m", "http.server", "--bind", "127.0.0.1", "--directory", pages, String(port)],
    folder,
    ready: async () => (await fetch(url)).ok,
  });
  onTestFinished(() => server.stop());
  return url;
}

/** A folder whose build needs the build argument and the secret, and takes seconds when it is not cached. */
export function tourContext(more: Record<string, string> = {}): Promise<string> {
  return contextOf({
    Dockerfile: [
      `FROM ${lab().registry.baseImage}`,
      "ARG GREETING",
      `RUN sleep 3 # ${randomBytes(8).toString("hex")}`,
      "COPY . /context/",
      'RUN --mount=type=secret,id=token,required echo "$GREETING $(wc -c < /run/secrets/token)" > /greeting',
      "",
    ].join("\n"),
    ...more,
  });
}

/** Fills in the form and submits it. */
export async function takeTour(page: Page, { protocol, folder, ...texts }: Record<string, string>) {
  if (protocol) await page.locator("#protocol").selectOption(protocol);
  if (folder) await page.locator("#folder").setInputFiles(folder);
  const fields = { secret, baseImage: lab().registry.baseImage, ...texts };
  for (const [id, text] of Object.entries(fields)) await page.locator(`#${id}`).fill(text);
  await page.locator("button").click();
}

/** The log of the page at the end of the tour. */
export async function shown(page: Page): Promise<string> {
  await withLog(page, () => page.locator("button:enabled").waitFor({ timeout: 240_000 }));
  return logOf(page);
}

/** Waits until the host runs a build of the page. */
export function untilPageBuilds({ page, host }: Opened): Promise<void> {
  return withLog(page, () => untilBuilding(host));
}

/** Adds the log of the page to an error. */
async function withLog(page: Page, wait: () => Promise<void>): Promise<void> {
  try {
    await wait();
  } catch (cause) {
    throw new Error(`${cause}\nThe log of the page:\n${await logOf(page)}`, { cause });
  }
}

async function logOf(page: Page): Promise<string> {
  return (await page.locator("#log").textContent()) ?? "";
}

/** A call from the page. */
export interface PageCall {
  protocol: string;
  url: string;
  token: string;
  /** For example "BuildService/WatchBuild". */
  name: string;
  message: object;
}

/** The messages of a streaming call, or the reason of its error. */
export function streamFrom(page: Page, call: PageCall): Promise<unknown> {
  return page.evaluate(async ({ protocol, url, token, name, message }) => {
    const host = { url, token };
    // Not import(), which Vite would replace.
    const load = new Function("path", "return import(path)");
    const api =
      protocol === "Connect"
        ? new (await load("/connect.js")).Connect(host)
        : await (await load("/grpc-web.js")).GrpcWeb.open(host, "/slipway.binpb");
    const answers: unknown[] = [];
    try {
      for await (const answer of api.stream(name, message)) answers.push(answer);
    } catch (error) {
      return (error as { reason?: string }).reason ?? String(error);
    }
    return answers;
  }, call);
}
