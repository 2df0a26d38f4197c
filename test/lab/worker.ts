import { afterAll, beforeEach, inject, type TestError, vi } from "vitest";
import { missingProgram } from "./missing-program.js";

// Runs before every test file. The project's global setup provides PATH.
const path = inject("path");
if (path) process.env.PATH = path;
// The scripts of npm in PATH set it again: `path.ts`.
delete process.env.NODE_EXTRA_CA_CERTS;

beforeEach(({ onTestFailed }) => {
  onTestFailed(({ task }) => task.result?.errors?.forEach(explain));
});

// The process runs other files, too.
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Add the remedy for a missing program to an error and its causes. */
function explain(error: Pick<TestError, "message" | "cause">): void {
  const remedy = missingProgram(error.message);
  if (remedy && !error.message.includes(remedy)) error.message += `\n${remedy}`;
  if (error.cause) explain(error.cause);
}
