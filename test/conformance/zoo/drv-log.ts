// Logs levels as numbers, on which go-plugin's host panics.
import { runAnimal } from "../well/run.js";

await runAnimal({
  started() {
    console.error(JSON.stringify({ "@level": 3, "@message": "hello", "@timestamp": new Date() }));
  },
});
