import type { Socket } from "node:net";

const preface = Buffer.from("PRI");

/** Reads enough of a connection to distinguish HTTP/2's preface from HTTP/1.1, puts it back, and says which it is. */
export function readStart(socket: Socket, decide: (isHttp2: boolean) => void): void {
  let start = Buffer.alloc(0);
  const onReadable = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk) start = Buffer.concat([start, chunk]);
    const compared = Math.min(start.length, preface.length);
    const matches = start.subarray(0, compared).equals(preface.subarray(0, compared));
    if (matches && compared < preface.length && !socket.readableEnded) return;
    socket.off("readable", onReadable);
    socket.unshift(start);
    decide(matches);
  };
  socket.on("readable", onReadable);
}
