/** `npm run generate:docs`: writes the generated sections of docs/. */
import { readFile, writeFile } from "node:fs/promises";
import { fillSections, pages } from "./generated-sections.js";

for (const page of pages) await writeFile(page, fillSections(await readFile(page, "utf8")));
