import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A certificate for one process, and its key. */
export interface Certificate {
  /** Certificate in DER. */
  der: Buffer;
  /** Certificate in PEM. */
  pem: string;
  /** Private key in PEM (PKCS #8). */
  key: string;
}

/**
 * Makes the self-signed certificate of one side of AutoMTLS, with the fields of go-plugin's (mtls.go). The peer pins it,
 * so it is its own authority. The key is P-256 instead of go-plugin's P-521, for peers on BoringSSL and for speed.
 *
 * Node.js cannot create X.509, and libraries that can add 50 ms to the start of a process, so the DER is written here.
 */
export function createCertificate(now: Date = new Date()): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const day = 24 * 60 * 60 * 1000;
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))), // X.509 v3
    integer(randomBytes(16)),
    ecdsaWithSha256,
    name,
    // A host keeps its certificate for as long as it runs, and clocks may differ by a few seconds.
    sequence(time(new Date(now.getTime() - 30_000)), time(new Date(now.getTime() + 30 * 365 * day))),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, extensions),
  );
  const der = sequence(body, ecdsaWithSha256, bitString(sign("sha256", body, privateKey)));
  const base64 = der.toString("base64").replace(/.{64}/g, "$&\n").trimEnd();
  return {
    der,
    pem: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

function tlv(tag: number, ...content: Uint8Array[]): Buffer {
  const value = Buffer.concat(content);
  if (value.length < 0x80) return Buffer.concat([Buffer.from([tag, value.length]), value]);
  const length = Buffer.from(value.length.toString(16).padStart(value.length > 0xff ? 4 : 2, "0"), "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, value]);
}

function sequence(...content: Uint8Array[]): Buffer {
  return tlv(0x30, ...content);
}

function explicit(tag: number, content: Uint8Array): Buffer {
  return tlv(0xa0 | tag, content);
}

/** A positive integer. A leading zero, which DER allows only here, keeps a high bit from being read as the sign. */
function integer(bytes: Buffer): Buffer {
  const significant = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return tlv(0x02, significant[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), significant]) : significant);
}

function bitString(content: Uint8Array, unusedBits = 0): Buffer {
  return tlv(0x03, Buffer.from([unusedBits]), content);
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, "hex"));
}

/** UTCTime up to 2049 and GeneralizedTime from 2050 on, as RFC 5280 requires. */
function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/\D/g, "").slice(0, 14)}Z`;
  return date.getUTCFullYear() < 2050
    ? tlv(0x17, Buffer.from(digits.slice(2)))
    : tlv(0x18, Buffer.from(digits));
}

function extension(id: string, value: Uint8Array): Buffer {
  return sequence(oid(id), tlv(0x01, Buffer.from([0xff])), tlv(0x04, value));
}

const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));

/** O=Slipway, CN=localhost. */
const name = sequence(
  tlv(0x31, sequence(oid("55040a"), tlv(0x0c, Buffer.from("Slipway")))),
  tlv(0x31, sequence(oid("550403"), tlv(0x0c, Buffer.from("localhost")))),
);

const extensions = sequence(
  // keyUsage: digitalSignature, keyEncipherment, keyAgreement, keyCertSign
  extension("551d0f", bitString(Buffer.from([0b10101100]), 2)),
  // extKeyUsage: clientAuth, serverAuth
  extension("551d25", sequence(oid("2b06010505070302"), oid("2b06010505070301"))),
  // basicConstraints: a CA, since it signs itself
  extension("551d13", sequence(tlv(0x01, Buffer.from([0xff])))),
  // subjectAltName: DNS localhost
  extension("551d11", sequence(tlv(0x82, Buffer.from("localhost")))),
);
