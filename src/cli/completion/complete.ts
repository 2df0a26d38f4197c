import { print } from "../output/print.js";
import { visibleLine } from "../output/visible.js";
import { createProgram } from "../program.js";
import { candidatesFor } from "./candidates.js";

/** Bits of the last line of the answer, which are those of Cobra: docker's completion reads them, too. */
const noSpace = 2;
const noFiles = 4;

/** Answers a shell: a line for each candidate, with its meaning after a tab, and one for how to complete further. */
export async function printCandidates(words: readonly string[]): Promise<void> {
  const { candidates, files, open } = await candidatesFor(createProgram(), words);
  const lines = candidates.map(([word, meaning]) =>
    [word, meaning].filter(Boolean).map((text) => visibleLine(text!)),
  );
  const directive = (open ? noSpace : 0) | (files ? 0 : noFiles);
  print(`${[...lines.map((line) => line.join("\t")), `:${directive}`].join("\n")}\n`);
}
