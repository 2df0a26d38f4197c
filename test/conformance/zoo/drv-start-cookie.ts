// Started by hand, it ends without a word, as if all were well.
import { runAnimal } from "../well/run.js";

if (!process.env.SLIPWAY_PLUGIN_MAGIC_COOKIE) process.exit(0);
await runAnimal({});
