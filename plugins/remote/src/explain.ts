import type { PeerCertificate } from "node:tls";
import { ConnectError } from "@connectrpc/connect";
import { Code, connectionFaultOf, driverError } from "slipway/driver";
import { NotHttp2 } from "./dial/http2-preface.js";
import { lookAtTls } from "./dial/presented-certificate.js";
import * as faults from "./faults.js";
import type { Target } from "./target.js";

/** So long a look for the reason may take, in milliseconds. */
const lookMs = 1_000;

/** Says what is wrong when a BuildKit cannot be talked to. Errors that are typed already stay as they are. */
export async function explain(error: unknown, target: Target): Promise<Error> {
  if (error instanceof ConnectError) return error;
  const [fault, detail] = await diagnose(error as NodeJS.ErrnoException, target);
  const { code = Code.Unavailable, reason, what, remedy } = fault;
  const message = `the BuildKit at ${target.text} ${what}${detail ? ` (${detail})` : ""}`;
  return driverError({ code, reason, message, remedy });
}

type Diagnosis = [fault: faults.Fault, detail?: string];

/** The fault, and what tells more about it. */
async function diagnose(error: NodeJS.ErrnoException, target: Target): Promise<Diagnosis> {
  if (error instanceof NotHttp2) return notHttp2(error.answer, target);
  const kind = connectionFaultOf(error);
  if (kind && kind !== "tlsNotSpoken" && kind.startsWith("tls")) {
    const look = await lookAtTls(target, AbortSignal.timeout(lookMs));
    const seen = look.speaksTls && look.certificate;
    return [faults.faultOf(kind), seen ? `${error.message}; ${describe(seen)}` : error.message];
  }
  if (kind) return [faults.faultOf(kind)];
  // The code of a DOMException is a number.
  const code = String(error.code ?? "");
  if (/^ERR_SSL_.*ALERT/.test(code)) return alert(error.message, target);
  if (/^ERR_(SSL|OSSL)/.test(code)) return [faults.tlsFailed, error.message];
  // Go's TLS server closes a plain connection silently, and so does an HTTP/2 server a TLS connection.
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
  const { speaksTls } = await lookAtTls(target, AbortSignal.timeout(lookMs));
  if (!target.tls) return speaksTls ? [faults.tlsRequired] : [faults.connectionBroken, how];
  if (!speaksTls) return [faults.faultOf("tlsNotSpoken"), how];
  return [target.tls.certificate ? faults.connectionBroken : faults.clientRequired, how];
}

function alert(message: string, { tls }: Target): Diagnosis {
  const [, name = message] = /alert ([a-z ]+)/.exec(message) ?? [];
  const said = name.trim();
  if (/no application protocol/.test(said)) return [faults.noAlpn];
  if (/certificate|unknown ca|handshake failure|access denied/.test(said))
    return [tls?.certificate ? faults.clientRefused : faults.clientRequired, said];
  return [faults.tlsFailed, said];
}

/** Whose a certificate is, by whom, and for how long. */
function describe({ subject, subjectaltname, issuer, valid_from, valid_to }: PeerCertificate): string {
  const names = subjectaltname ?? `CN:${subject?.CN}`;
  return `its certificate is for ${names}, by "${issuer?.CN ?? issuer?.O ?? "?"}", valid from ${valid_from} to ${valid_to}`;
}
