// Logs levels as numbers, which make go-plugin's host panic.
import { serveWithFault } from "../conforming/serve-with-fault.js";

await serveWithFault({
  started() {
    console.error(JSON.stringify({ "@level": 3, "@message": "hello", "@timestamp": new Date() }));
  },
});
