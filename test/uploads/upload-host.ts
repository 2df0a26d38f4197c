import { Uploads } from "../../src/host/uploads/uploads.js";
import { serveUploads } from "./upload-server.js";

// Serves uploads in a separate process, whose memory can be measured and which can be killed.
const [folder, socket] = process.argv.slice(2);
const uploads = await Uploads.open({ folder: folder! });
await serveUploads(socket!, uploads);
process.on("message", () => process.send!(Math.round(process.resourceUsage().maxRSS / 1024)));
process.on("disconnect", () => process.exit());
process.send!("ready");
