/** Runs a host that gives up dead connections of clients within a few seconds: host-main.mjs SOCKET STATE [PLUGINS]. */
import { runHost } from "../dist/host.js";

const [socket, stateDir, ...pluginPath] = process.argv.slice(2);
const host = await runHost({ socket, stateDir, pluginPath, silence: { afterMs: 2_000, answerMs: 5_000 } });
process.on("SIGTERM", () => void host.stop({ force: false }));
await host.ended;
process.exit();
