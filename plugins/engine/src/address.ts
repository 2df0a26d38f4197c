import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readContext } from "./context-store.js";
import { defaultConfigDir } from "./docker-config.js";
import { type EngineEndpoint, formatEndpoint } from "./endpoint.js";
import { endpointError } from "./engine-error.js";
import { type EngineTarget, parseTarget } from "./target.js";

/** An endpoint with its context and certificates read, ready to connect to. */
export interface EngineAddress {
  /** The endpoint in normal form, for messages. */
  endpoint: string;
  target: EngineTarget;
  /** Only for TCP; absent means plain text. */
  tls?: EngineTls;
  /** API version that the user selected. */
  apiVersion?: string;
}

/** TLS settings, in PEM. */
export interface EngineTls {
  /** Authorities of the server's certificate; absent means those that this machine trusts. */
  ca?: Buffer;
  /** The client's certificate; goes with `key`. */
  cert?: Buffer;
  key?: Buffer;
  verify: boolean;
}

/** Reads the context and certificates of an endpoint. They are read for each use, so that changes take effect. */
export async function readAddress(endpoint: EngineEndpoint): Promise<EngineAddress> {
  const { apiVersion } = endpoint;
  const text = formatEndpoint(endpoint);
  if (endpoint.kind === "host") {
    const { target, certPath, tlsVerify = true } = endpoint;
    // As in the docker CLI, a folder without ca.pem is an error.
    const tls = certPath
      ? { ...(await readTls(certPath, { caRequired: true })), verify: tlsVerify }
      : undefined;
    return { endpoint: text, target, tls, apiVersion };
  }
  const context = await readContext(endpoint.configDir ?? defaultConfigDir(), endpoint.name);
  const target = parseTarget(context.host);
  const files = await readTls(context.tlsDir, { caRequired: false });
  const hasTls = target.kind === "tcp" && (context.skipTlsVerify || files.ca || files.cert);
  const tls = hasTls ? { ...files, verify: !context.skipTlsVerify } : undefined;
  return { endpoint: text, target, tls, apiVersion };
}

async function readTls(
  folder: string,
  { caRequired }: { caRequired: boolean },
): Promise<Omit<EngineTls, "verify">> {
  const read = async (name: string, required: boolean) => {
    const path = join(folder, name);
    return readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (!required && error.code === "ENOENT") return undefined;
      throw endpointError(
        "TLS_FILES_UNREADABLE",
        `The TLS file ${path} cannot be read: ${error.message}.`,
        "Put ca.pem, cert.pem and key.pem there, or correct DOCKER_CERT_PATH.",
      );
    });
  };
  const [ca, cert, key] = await Promise.all([
    read("ca.pem", caRequired),
    read("cert.pem", false),
    read("key.pem", false),
  ]);
  if (Boolean(cert) !== Boolean(key))
    throw endpointError(
      "TLS_FILES_UNREADABLE",
      `The folder ${folder} has ${cert ? "cert.pem without key.pem" : "key.pem without cert.pem"}.`,
      "Add the missing file: a client certificate needs its key.",
    );
  return { ca, cert, key };
}
