import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { must } from "./run.js";

/** A test certificate authority with one server and one client certificate, all PEM files. */
export interface TestTls {
  /** Folder for `DOCKER_CERT_PATH`: ca.pem, cert.pem, key.pem. */
  certPath: string;
  ca: string;
  /** The client's. */
  cert: string;
  key: string;
  serverCert: string;
  serverKey: string;
  /** A client certificate with another common name, "slipway lab stranger". */
  strangerCert: string;
  strangerKey: string;
}

/** Create a {@link TestTls} in a new `folder`, for a server with this name, on 127.0.0.1 and further addresses. */
export async function makeTestTls(
  folder: string,
  name = "localhost",
  addresses: readonly string[] = [],
): Promise<TestTls> {
  await mkdir(folder, { mode: 0o700 });
  const file = (base: string) => join(folder, `${base}.pem`);
  const request = (certificate: string, key: string, ...rest: string[]) =>
    must("openssl", [
      ...[
        "req",
        "-x509",
        "-days",
        "30",
        "-nodes",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
      ],
      ...["-keyout", file(key), "-out", file(certificate), ...rest],
    ]);
  const signed = [
    "-CA",
    file("ca"),
    "-CAkey",
    file("ca-key"),
    "-addext",
    "basicConstraints=critical,CA:FALSE",
  ];
  await request("ca", "ca-key", "-subj", "/CN=slipway lab CA");
  const names = [`DNS:${name}`, ...["127.0.0.1", ...addresses].map((address) => `IP:${address}`)].join(",");
  await request(
    ...(["server-cert", "server-key", "-subj", `/CN=${name}`, ...signed] as const),
    ...["-addext", `subjectAltName=${names}`, "-addext", "extendedKeyUsage=serverAuth"],
  );
  const client = (certificate: string, key: string, subject: string) =>
    request(certificate, key, "-subj", `/CN=${subject}`, ...signed, "-addext", "extendedKeyUsage=clientAuth");
  await client("cert", "key", "slipway lab client");
  await client("stranger-cert", "stranger-key", "slipway lab stranger");
  return {
    certPath: folder,
    ca: file("ca"),
    cert: file("cert"),
    key: file("key"),
    serverCert: file("server-cert"),
    serverKey: file("server-key"),
    strangerCert: file("stranger-cert"),
    strangerKey: file("stranger-key"),
  };
}
