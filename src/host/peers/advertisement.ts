import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { SealedBytesSchema } from "../../gen/slipway/state/v1/restart_record_pb.js";
import type { Keyring } from "../sealing/keyring.js";
import type { BuildHost } from "../store/build-store.js";

/** How other hosts reach one. */
export interface Reach {
  /** Host name or IP address. */
  readonly host: string;
  readonly port: number;
  /** Names the process. */
  readonly process: string;
  /** SHA-256 fingerprints of its certificate and the one before; empty for a host without TLS. */
  readonly fingerprints: readonly string[];
}

/** What a host says of itself. */
export interface AdvertisementOptions {
  readonly keyring: Keyring;
  readonly identity: Pick<BuildHost, "name" | "stateId">;
  readonly address: { readonly host: string; readonly port: number };
  /** Names the process. */
  readonly process: string;
  /** Undefined for a host without TLS. */
  readonly certFile?: string;
}

/**
 * What a host stores in the database so that others can reach it. It is encrypted with a key of the state: who can only
 * write to the database cannot lead calls elsewhere.
 */
export class Advertisement {
  readonly #options: AdvertisementOptions;
  #fingerprints: string[] = [];
  #sealed: Uint8Array | undefined;

  constructor(options: AdvertisementOptions) {
    this.#options = options;
  }

  /** For now: the certificate can have changed. */
  async current(): Promise<Uint8Array> {
    const { keyring, identity, address, process, certFile } = this.#options;
    // One that cannot be read is not served either.
    const pem = certFile && (await readFile(certFile).catch(() => undefined));
    const fingerprint = pem ? fingerprintOf(pem) : undefined;
    if (fingerprint && fingerprint !== this.#fingerprints[0]) {
      // The server may still show the former one for some seconds.
      this.#fingerprints = [fingerprint, ...this.#fingerprints.slice(0, 1)];
      this.#sealed = undefined;
    }
    const reach: Reach = { ...address, process, fingerprints: this.#fingerprints };
    this.#sealed ??= toBinary(
      SealedBytesSchema,
      // The host does not start without a key.
      {
        $typeName: "slipway.state.v1.SealedBytes",
        ...keyring.seal(Buffer.from(JSON.stringify(reach)), placeOf(identity))!,
      },
    );
    return this.#sealed;
  }
}

/** How to reach a host; undefined when it says nothing, or nothing that this host's keys can decrypt. */
export function reachOf(host: BuildHost, keyring: Keyring): Reach | undefined {
  if (!host.advertisement) return undefined;
  try {
    const opened = keyring.open(fromBinary(SealedBytesSchema, host.advertisement), placeOf(host));
    return opened && JSON.parse(opened.toString());
  } catch {
    return undefined;
  }
}

/** The SHA-256 fingerprint of a certificate; undefined when it cannot be parsed. */
export function fingerprintOf(pem: Buffer): string | undefined {
  try {
    return new X509Certificate(pem).fingerprint256;
  } catch {
    return undefined;
  }
}

const placeOf = ({ name, stateId }: Pick<BuildHost, "name" | "stateId">) => [
  "host",
  name,
  stateId,
  "address",
];
