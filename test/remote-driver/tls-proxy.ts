import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { createServer } from "node:tls";
import { onTestFinished } from "vitest";
import { must, type TestTls } from "../lab/index.js";
import { labSocket } from "./harness.js";

/** TLS settings of the proxy. */
export interface TlsProxyOptions {
  cert: string;
  key: string;
  /** The offered protocols; none by default. */
  alpn?: string[];
}

/** Starts a TLS proxy in front of the lab's daemon, which closes when the test ends; returns its `host:port`. */
export async function tlsProxy({ cert, key, alpn }: TlsProxyOptions): Promise<string> {
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

/** Content of a certificate. */
export interface CertificateOptions {
  /** As in subjectAltName: "IP:127.0.0.1". */
  names: string;
  /** Times in openssl's format: "20300101000000Z". */
  from: string;
  until: string;
}

/** Signs a certificate for the server's key with the test authority; returns its path. */
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
  await must("openssl", [
    "req",
    "-new",
    "-key",
    tls.serverKey,
    "-subj",
    "/CN=localhost",
    "-out",
    file("request"),
  ]);
  const authority = ["-cert", tls.ca, "-keyfile", join(tls.certPath, "ca-key.pem")];
  const validity = ["-startdate", from, "-enddate", until];
  const files = ["-config", file("config"), "-in", file("request"), "-out", file("cert.pem")];
  await must("openssl", ["ca", "-batch", "-notext", ...files, ...authority, ...validity]);
  return file("cert.pem");
}
