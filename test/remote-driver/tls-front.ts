import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { createServer } from "node:tls";
import { onTestFinished } from "vitest";
import { must, type TestTls } from "../lab/index.js";
import { labSocket } from "./harness.js";

/** How the TLS before the lab's daemon is set up. */
export interface FrontOptions {
  cert: string;
  key: string;
  /** Protocols that it offers; none by default. */
  alpn?: string[];
}

/** A TLS port before the lab's daemon, until the test is over: its `host:port`. */
export async function tlsFront({ cert, key, alpn }: FrontOptions): Promise<string> {
  const options = { cert: await readFile(cert), key: await readFile(key), ALPNProtocols: alpn };
  const server = createServer(options, (client) => {
    const buildkitd = connect(labSocket());
    client.on("error", () => buildkitd.destroy()).pipe(buildkitd);
    buildkitd.on("error", () => client.destroy()).pipe(client);
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What a certificate says. */
export interface CertificateOptions {
  /** As in subjectAltName: "IP:127.0.0.1". */
  names: string;
  /** Times as openssl writes them: "20300101000000Z". */
  from: string;
  until: string;
}

/** Has the test authority sign a certificate for the server's key; returns its path. */
export async function sign(tls: TestTls, { names, from, until }: CertificateOptions): Promise<string> {
  const folder = join(tls.certPath, `signed-${from}-${until}`);
  await mkdir(folder);
  const file = (name: string) => join(folder, name);
  await writeFile(file("index"), "");
  const config = [
    ...["[ca]", "default_ca = lab", "[lab]"],
    ...[`database = ${file("index")}`, `new_certs_dir = ${folder}`, "rand_serial = yes"],
    ...["default_md = sha256", "policy = any", "x509_extensions = names"],
    ...["[any]", "commonName = supplied", "[names]", `subjectAltName = ${names}`],
  ];
  await writeFile(file("config"), config.join("\n"));
  await must("openssl", ["req", "-new", "-key", tls.serverKey, "-subj", "/CN=far", "-out", file("request")]);
  const authority = ["-cert", tls.ca, "-keyfile", join(tls.certPath, "ca-key.pem")];
  const validity = ["-startdate", from, "-enddate", until];
  const files = ["-config", file("config"), "-in", file("request"), "-out", file("cert.pem")];
  await must("openssl", ["ca", "-batch", "-notext", ...files, ...authority, ...validity]);
  return file("cert.pem");
}
