import { beforeEach, inject } from "vitest";
import { missingProgram } from "./missing-program.js";

// What runs in every process with tests before them: PATH has only what the project's set-up provides.
const path = inject("path");
if (path) process.env.PATH = path;

beforeEach(({ onTestFailed }) => {
  onTestFailed(({ task }) => {
    for (const error of task.result?.errors ?? []) {
      const remedy = missingProgram(error.message);
      if (remedy && !error.message.includes(remedy)) error.message += `\n${remedy}`;
    }
  });
});
