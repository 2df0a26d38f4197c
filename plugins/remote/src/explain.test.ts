import { readTypedError } from "slipway/driver";
import { expect, it } from "vitest";
import { NotHttp2 } from "./dial/http2-preface.js";
import { explain } from "./explain.js";
import type { Target } from "./target.js";

const socket: Target = { endpoint: { kind: "unix", path: "/b.sock" }, text: "unix:///b.sock" };
const secure: Target = {
  endpoint: { kind: "tcp", host: "127.0.0.1", port: 1 },
  text: "tcp://127.0.0.1:1",
  tls: {},
};
const coded = (code: string, message = "") => Object.assign(new Error(message), { code });
const reasonOf = async (error: unknown, target: Target) =>
  readTypedError(await explain(error, target)).reason;

// A real daemon on one machine, used by root, cannot cause these.
it.each([
  ["EACCES", "BUILDKIT_PERMISSION_DENIED"],
  ["EHOSTUNREACH", "BUILDKIT_NO_ROUTE"],
  ["ETIMEDOUT", "BUILDKIT_TIMEOUT"],
  ["EAI_AGAIN", "BUILDKIT_HOST_UNKNOWN"],
  ["ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "BUILDKIT_TLS_NO_HTTP2"],
])("%s is %s", async (code, reason) => {
  const message = code.startsWith("ERR_SSL") ? "ssl/tls alert no application protocol:x" : "";
  expect(await reasonOf(coded(code, message), code.startsWith("ERR_SSL") ? secure : socket)).toBe(reason);
});

it("explains an answer that is not HTTP/2", async () => {
  const answer = (bytes: string, target: Target) =>
    explain(new NotHttp2(Buffer.from(bytes, "latin1")), target).then(readTypedError);
  expect(await answer("\x15\x03\x01\0\x02\x02\x46", socket)).toMatchObject({
    reason: "BUILDKIT_TLS_REQUIRED",
  });
  expect(await answer("SSH-2.0-OpenSSH_9\r\n", socket)).toMatchObject({
    reason: "BUILDKIT_NOT_HTTP2",
    message: expect.stringContaining('"SSH-2.0-OpenSSH_9"'),
  });
  expect(await answer("HTTP/1.1 400 Bad Request\r\n", secure)).toMatchObject({
    reason: "BUILDKIT_TLS_NO_HTTP2",
  });
});

it("distinguishes a cancelled call from a timeout", async () => {
  expect(await reasonOf(AbortSignal.abort().reason, socket)).toBe("CANCELED");
  expect(await reasonOf(new DOMException("late", "TimeoutError"), socket)).toBe("BUILDKIT_TIMEOUT");
});

it("says what to do about certificates that were given, and do not fit", async () => {
  const withFiles: Target = { ...secure, tls: { ca: Buffer.from("PEM"), certificate: Buffer.from("PEM") } };
  const remedyOf = async (error: unknown, target: Target) =>
    readTypedError(await explain(error, target)).remedy;
  const untrusted = coded("SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain");
  expect(await remedyOf(untrusted, withFiles)).toContain("of another authority");
  expect(await remedyOf(untrusted, secure)).toMatch(/^Set the driver option cacert/);
  const expired = coded("ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", "ssl/tls alert certificate expired:x");
  expect(await remedyOf(expired, withFiles)).toMatch(/^Renew/);
});
