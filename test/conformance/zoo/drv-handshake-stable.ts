// Has another version each time that it is asked.
import { runAnimal } from "../well/run.js";

let asked = 0;
await runAnimal({
  handshaken({ plugin }) {
    plugin!.peer!.version = `1.0.${asked++}`;
  },
});
