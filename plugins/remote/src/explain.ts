import type { PeerCertificate } from "node:tls";
import { ConnectError } from "@connectrpc/connect";
import { Code, connectionFaultOf, driverError } from "slipway/driver";
import { NotHttp2 } from "./dial/http2-preface.js";
import { probeTls } from "./dial/presented-certificate.js";
import * as faults from "./faults.js";
import type { Target } from "./target.js";

/** How long a search for the reason may take, in milliseconds. */
const probeMs = 1_000;

/** Makes a typed error for a failed connection to a BuildKit. Returns typed errors unchanged. */
export async function explain(error: unknown, target: Target): Promise<Error> {
  if (error instanceof ConnectError) return error;
  const [fault, detail] = await diagnose(error as NodeJS.ErrnoException, target);
  const { code = Code.Unavailable, reason, what, remedy } = fault;
  const message = `The BuildKit at ${target.text} ${what}${detail ? ` (${detail})` : ""}.`;
  return driverError({ code, reason, message, remedy });
}

type Diagnosis = [fault: faults.Fault, detail?: string];

/** Returns the fault and a detail. */
async function diagnose(error: NodeJS.ErrnoException, target: Target): Promise<Diagnosis> {
  if (error instanceof NotHttp2) return notHttp2(error.answer, target);
  const kind = connectionFaultOf(error);
  if (kind && kind !== "tlsNotSpoken" && kind.startsWith("tls")) {
    const probed = await probeTls(target, AbortSignal.timeout(probeMs));
    const certificate = probed.speaksTls && probed.certificate;
    const isWrong = kind === "tlsUntrusted" && target.tls?.ca !== undefined;
    const fault = isWrong ? faults.authorityWrong : faults.faultOf(kind);
    return [fault, certificate ? `${error.message}; ${describe(certificate)}` : error.message];
  }
  if (kind) return [faults.faultOf(kind)];
  // The code of a DOMException is a number.
  const code = String(error.code ?? "");
  if (/^ERR_SSL_.*ALERT/.test(code)) return alert(error.message, target);
  if (/^ERR_(SSL|OSSL)/.test(code)) return [faults.tlsFailed, error.message];
  // Go's TLS server closes a plain connection without an answer; an HTTP/2 server does the same with a TLS connection.
  return closed(error.message || code || error.name, target);
}

async function notHttp2(answer: Buffer, target: Target): Promise<Diagnosis> {
  if (answer.length === 0) return closed("it closes the connection without an answer", target);
  // A TLS record of type alert.
  if (answer[0] === 0x15 && answer[1] === 3) return [faults.tlsRequired];
  const text = answer.toString("latin1");
  if (!target.tls && /https/i.test(text)) return [faults.tlsRequired];
  const line = text
    .split(/\r?\n/, 1)[0]!
    .replace(/[^\x20-\x7e]+/g, "…")
    .slice(0, 80);
  if (target.tls && text.startsWith("HTTP/1")) return [faults.noAlpn, `it answers with ${line}`];
  return [faults.notHttp2, `it answers with "${line}"`];
}

async function closed(how: string, target: Target): Promise<Diagnosis> {
  const { speaksTls } = await probeTls(target, AbortSignal.timeout(probeMs));
  if (!target.tls) return speaksTls ? [faults.tlsRequired] : [faults.connectionBroken, how];
  if (!speaksTls) return [faults.faultOf("tlsNotSpoken"), how];
  return [target.tls.certificate ? faults.connectionBroken : faults.clientRequired, how];
}

function alert(message: string, { tls }: Target): Diagnosis {
  const [, name = message] = /alert ([a-z ]+)/.exec(message) ?? [];
  const description = name.trim();
  if (/no application protocol/.test(description)) return [faults.noAlpn];
  if (/certificate expired/.test(description) && tls?.certificate) return [faults.clientExpired, description];
  if (/certificate|unknown ca|handshake failure|access denied/.test(description))
    return [tls?.certificate ? faults.clientRefused : faults.clientRequired, description];
  return [faults.tlsFailed, description];
}

/** A certificate's names, issuer and validity. */
function describe({ subject, subjectaltname, issuer, valid_from, valid_to }: PeerCertificate): string {
  const names = subjectaltname ?? `CN:${subject?.CN}`;
  return `its certificate is for ${names}, signed by "${issuer?.CN ?? issuer?.O ?? "?"}", valid from ${valid_from} to ${valid_to}`;
}
