// Prints a message before its handshake line.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({ line: (line) => `Loading, please wait ...\n${line}` });
