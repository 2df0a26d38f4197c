import { createConnection, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Reach } from "./advertisement.js";

/** How long a connection may take, in milliseconds. */
const connectMs = 5_000;

/**
 * Connects to a host, and resolves when it has shown one of its certificates: those are known by their fingerprints, whoever
 * signed them and whichever names they have.
 */
export function dialPinned({ host, port, fingerprints }: Reach): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const isSecure = fingerprints.length > 0;
    const socket: Socket = isSecure
      ? // The check below takes the place of that of the authority.
        connectTls({ host, port, ALPNProtocols: ["h2"], minVersion: "TLSv1.2", rejectUnauthorized: false })
      : createConnection({ host, port, noDelay: true });
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer within ${connectMs / 1000} s`)),
      connectMs,
    );
    const end = (cause?: Error) => {
      clearTimeout(timer);
      reject(cause ?? new Error("the connection was closed"));
    };
    socket.once("error", end).once("close", () => end());
    socket.once(isSecure ? "secureConnect" : "connect", () => {
      const shown = isSecure ? (socket as TLSSocket).getPeerX509Certificate()?.fingerprint256 : undefined;
      if (isSecure && !(shown && fingerprints.includes(shown)))
        return void socket.destroy(new Error("it shows another certificate than it stored"));
      clearTimeout(timer);
      socket.off("error", end);
      // The session reports errors.
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}
