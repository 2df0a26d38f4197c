import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.js";
import { lab, must, tempDir } from "../lab/index.js";

/** A row of the table: a command, its flags, and what they are here. */
interface Row {
  command: string;
  flags: string[];
  here: string;
  remark: string;
}

const everywhere = "all commands";

function tableRows(): Row[] {
  const text = readFileSync(join(import.meta.dirname, "../../docs/cli.md"), "utf8");
  const [, section = ""] = /\n## Commands and flags of buildx\n(.*?)\n## /s.exec(text) ?? [];
  const lines = section.split("\n").filter((line) => line.startsWith("| "));
  // The first line has the titles.
  return lines.slice(1).map((line) => {
    const [command = "", flags = "", here = "", remark = ""] = line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim());
    return {
      command: command.replaceAll("`", ""),
      flags: flags.startsWith("all flags")
        ? [flags]
        : flags.split(" ").map((flag) => flag.replaceAll("`", "")),
      here,
      remark,
    };
  });
}

/** "command --flag" of each flag, and "command" of each command. */
function namesIn(rows: readonly Row[]): string[] {
  const flagsOf = (command: string) =>
    rows.filter((row) => row.command === command).flatMap(({ flags }) => flags.filter(Boolean));
  const names = rows.flatMap(({ command, flags }) => {
    const meant = flags.flatMap((flag) => {
      const like = /^all flags of `(.+)`$/.exec(flag)?.[1];
      return like ? flagsOf(like) : flag;
    });
    const own = command === everywhere ? [] : [command];
    return [...own, ...meant.filter(Boolean).map((flag) => `${command} ${flag}`)];
  });
  return [...new Set(names)].sort();
}

/** The same names from buildx's own help. */
async function namesOfBuildx(command: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const { stdout } = await must(lab().buildx, [...command.split(" ").filter(Boolean), "--help"], { env });
  const section = (title: string) => new RegExp(`^${title}:\\n((?: .*\\n?)*)`, "m").exec(stdout)?.[1] ?? "";
  const flags = [...section("Flags").matchAll(/^ +(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag]) => flag!);
  const commands = [...section("Available Commands").matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name!);
  const below = await Promise.all(
    commands.filter((name) => name !== "help").map((name) => namesOfBuildx(`${command} ${name}`.trim(), env)),
  );
  const own = flags.filter((flag) => flag !== "--help").map((flag) => `${command || everywhere} ${flag}`);
  return [...(command ? [command] : []), ...own, ...below.flat()].sort();
}

/** Commands that the help of buildx leaves out. */
const hiddenCommands = ["install", "uninstall"];

/** The same names from our own commands. */
function ownNames(command: Command, name = ""): string[] {
  const flags = command.options.map(({ long }) => `${name || everywhere} ${long}`);
  return [
    name,
    ...flags,
    ...command.commands.flatMap((sub) => ownNames(sub, `${name} ${sub.name()}`.trim())),
  ];
}

it("the table has each command and flag of buildx, and each that it calls the same or better is here", async () => {
  const rows = tableRows();
  const env = { PATH: process.env.PATH, HOME: await tempDir(), BUILDX_EXPERIMENTAL: "1" };
  expect(namesIn(rows)).toEqual([...(await namesOfBuildx("", env)), ...hiddenCommands].sort());

  const there = namesIn(rows.filter(({ here }) => here === "same" || here === "better"));
  const own = new Set(ownNames(createProgram()));
  expect(there.filter((name) => !own.has(name))).toEqual([]);
  // What differs says how or why.
  expect(rows.filter(({ here }) => !["same", "better", "not there"].includes(here))).toEqual([]);
  expect(rows.filter(({ here, remark }) => (here === "same") !== (remark === ""))).toEqual([]);
});
