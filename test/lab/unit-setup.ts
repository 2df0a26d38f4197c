import type { TestProject } from "vitest/node";
import { essentialPath } from "./path.js";

/** Give unit tests a PATH that every Debian machine can give them. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide("path", await essentialPath());
}
