import { readProjectsFile } from "../access/projects-file.js";
import { type Finding, ok } from "./finding.js";

/** Checks the projects file: its mode and its entries. */
export async function checkProjectsFile(file: string): Promise<Finding> {
  const { size } = await readProjectsFile(file);
  return ok(`The projects file ${file} can be used. Number of projects: ${size}.`);
}
