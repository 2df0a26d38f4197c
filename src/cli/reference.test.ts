import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { createProgram } from "./program.js";

const path = join(import.meta.dirname, "../../docs/cli.md");
const marker = "<!-- What follows is made from the command definitions";

/** All commands and their flags in Markdown. */
function reference(command: Command, name: string): string {
  const help = command.createHelp();
  const flags = help.visibleOptions(command).filter(({ long }) => long !== "--help");
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const rows = flags.map((flag) => `| \`${cell(flag.flags)}\` | ${cell(help.optionDescription(flag))} |`);
  const table = rows.length > 0 ? `\n| flag | |\n|---|---|\n${rows.join("\n")}\n` : "";
  const subcommands = help.visibleCommands(command).filter((sub) => sub.name() !== "help");
  const below = subcommands.map((sub) => reference(sub, `${name} ${sub.name()}`));
  const usage = name === "slipway" ? "slipway [flags] command" : `${name} ${command.usage()}`;
  return `\n### ${name}\n\n${command.description()}\n\n    ${usage}\n${table}${below.join("")}`;
}

test("docs/cli.md lists all commands and flags", async () => {
  const text = readFileSync(path, "utf8");
  const prose = text.slice(0, text.indexOf("\n", text.indexOf(marker)) + 1);
  expect(prose).toContain(marker);
  await expect(`${prose}\n## Reference\n${reference(createProgram([], {}), "slipway")}`).toMatchFileSnapshot(
    path,
  );
});

test("every command has a summary, and in its help an example and no line that is wider than a terminal", () => {
  const program = createProgram([], {});
  for (const command of program.commands)
    expect([command.name(), command.summary()]).toEqual([command.name(), expect.stringMatching(/\w/)]);
  checkHelp(program);
});

function checkHelp(command: Command) {
  const columns = 80;
  let help = "";
  command.configureOutput({
    getOutHelpWidth: () => columns,
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  expect([command.name(), help]).toEqual([command.name(), expect.stringMatching(/^Examples?:\n {2}\S/m)]);
  expect(help.split("\n").filter((line) => line.length > columns)).toEqual([]);
  for (const sub of command.commands) checkHelp(sub);
}

test("a command line that begins with a command has that command only", () => {
  const namesFor = (...args: string[]) => createProgram(args).commands.map((command) => command.name());
  const all = namesFor();
  expect(all).toContain("build");
  for (const name of all) expect(namesFor(name, "--help")).toEqual([name]);
  for (const other of ["--debug", "b", "bild", "constructor"]) expect(namesFor(other)).toEqual(all);
});
