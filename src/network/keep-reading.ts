import { type Duplex, finished } from "node:stream";

/** How long a peer that takes no more may take to say why, in milliseconds. */
const patienceMs = 2_000;

type Done = (error?: Error | null) => void;

/**
 * Lets a connection be read to its end when a write fails because the peer has closed it: the peer may have sent an
 * answer before, which Node would drop with the socket. The failed write ends when the peer's data has, or after two
 * seconds.
 */
export function keepReading(connection: Duplex): void {
  const { _write: write, _writev: writev } = connection;
  const patient = (done: Done): Done => {
    return (error) => {
      if (!error || !isClosedByPeer(error)) return done(error);
      const fail = () => {
        clearTimeout(timer);
        stopWaiting();
        done(error);
      };
      const timer = setTimeout(fail, patienceMs);
      const stopWaiting = finished(connection, { writable: false }, fail);
    };
  };
  connection._write = (chunk, encoding, done) => write.call(connection, chunk, encoding, patient(done));
  if (writev) connection._writev = (chunks, done) => writev.call(connection, chunks, patient(done));
}

function isClosedByPeer({ code }: NodeJS.ErrnoException): boolean {
  return code === "EPIPE" || code === "ECONNRESET";
}
