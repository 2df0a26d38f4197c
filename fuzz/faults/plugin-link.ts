import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { createCertificate } from "../../src/plugin-protocol/certificate.js";
import { formatHandshakeLine, parseHandshakeLine } from "../../src/plugin-protocol/handshake-line.js";
import { Link } from "./link.js";
import { chunks, http2Frames } from "./units.js";

/** What `plugin/shim.mjs` says when it starts: the host's certificate, and the folder for sockets. */
interface Start {
  certificate: string;
  folder: string;
}

/**
 * The links between a host and its plugin. It takes the place of the plugin for the host, and of the host for the
 * plugin, as the shim tells each the certificate of this process. So it sees the frames in between.
 */
export class PluginLink {
  /** Between the host and this process: encrypted. */
  readonly encrypted = new Link(chunks);
  /** Between the two connections with TLS: the frames. */
  readonly frames = new Link(http2Frames);
  readonly #shims = new Set<Socket>();
  readonly #server = createServer((shim) => {
    this.#shims.add(shim);
    shim.on("error", () => {});
    shim.once("close", () => this.#shims.delete(shim));
    this.#serve(shim).catch(() => shim.destroy());
  });

  /** Listens for shims; the host needs the path as SLIPWAY_FUZZ_SOCKET. */
  async listen(path: string): Promise<void> {
    this.#server.listen(path);
    await once(this.#server, "listening");
  }

  async close(): Promise<void> {
    for (const shim of this.#shims) shim.destroy();
    await Promise.all([this.encrypted.close(), this.frames.close()]);
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(shim: Socket): Promise<void> {
    const lines = createInterface({ input: shim })[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value ?? "null");
    const answer = (value: object) => shim.write(`${JSON.stringify(value)}\n`);
    const own = createCertificate();
    const start: Start = await next();
    answer({ certificate: own.pem });
    const { line }: { line: string } = await next();
    const plugin = parseHandshakeLine(line);
    const { address: real, certificate } = plugin;
    if (real.network !== "unix" || !certificate) throw new Error("the plugin uses no unix socket with TLS");

    const tls = { cert: own.pem, key: own.key, ALPNProtocols: ["h2"] };
    const towardsHost = createTlsServer({ ...tls, ca: start.certificate, requestCert: true }, (near) => {
      const ca = new X509Certificate(certificate).toString();
      this.frames.carry(near, connectTls({ ...tls, path: real.path, ca, servername: "localhost" }));
    });
    towardsHost.on("tlsClientError", () => {});
    const inner = join(start.folder, "t");
    const outer = createServer({ allowHalfOpen: true }, (near) =>
      this.encrypted.carry(near, createConnection(inner)),
    );
    const path = join(start.folder, "f");
    for (const [server, at] of [
      [towardsHost, inner],
      [outer, path],
    ] as const) {
      server.listen(at);
      await once(server, "listening");
      if (shim.closed) server.close();
      else shim.once("close", () => server.close());
    }
    const address = { network: "unix" as const, path };
    answer({ line: formatHandshakeLine({ ...plugin, address, certificate: own.der }) });
  }
}
