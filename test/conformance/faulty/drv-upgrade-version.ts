// Takes a configuration of any version for its own.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({ service: () => ({ upgradeConfig: ({ config }) => ({ config }) }) });
