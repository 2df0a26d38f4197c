// Adds a platform in each call.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({ changeValidate: ({ config }) => void config?.platforms.push("linux/amd64") });
