// Returns another version in each Handshake.
import { serveWithFault } from "../conforming/serve-with-fault.js";

let count = 0;
await serveWithFault({
  changeHandshake({ plugin }) {
    plugin!.peer!.version = `1.0.${count++}`;
  },
});
