import { beforeEach, inject, type TestError } from "vitest";
import { missingProgram } from "./missing-program.js";

// What runs in every process with tests before them: PATH has only what the project's set-up provides.
const path = inject("path");
if (path) process.env.PATH = path;

beforeEach(({ onTestFailed }) => {
  onTestFailed(({ task }) => task.result?.errors?.forEach(explain));
});

/** Add to an error and its causes what to do about a program that is missing. */
function explain(error: Pick<TestError, "message" | "cause">): void {
  const remedy = missingProgram(error.message);
  if (remedy && !error.message.includes(remedy)) error.message += `\n${remedy}`;
  if (error.cause) explain(error.cause);
}
