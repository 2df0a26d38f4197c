import type { TestProject } from "vitest/node";
import { essentialPath } from "./path.js";

/** Give unit tests a PATH that is the same on every Debian machine. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide("path", await essentialPath());
}
