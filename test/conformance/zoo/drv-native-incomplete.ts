// Builds nothing, and is content.
import { runAnimal } from "../well/run.js";

await runAnimal({
  native: () => ({
    async *build() {
      yield { message: { case: "result", value: {} } };
    },
  }),
});
