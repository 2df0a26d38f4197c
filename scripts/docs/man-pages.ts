import type { Command, Option } from "commander";
import { createProgram } from "../../src/cli/program.js";
import { version } from "../../src/util/version.js";

/** A paragraph of a command's help: with a title such as "Examples" lines, else "Notes" that are filled. */
interface Section {
  title: string;
  lines: string[];
}

const notes = "Notes";

/** Man pages of all commands by file name, such as "slipway-build.1", made from the command definitions. */
export function manPages(): Map<string, string> {
  const pages = new Map<string, string>();
  const add = (command: Command, words: string[]) => {
    pages.set(`${words.join("-")}.1`, page(command, words));
    for (const sub of subcommands(command)) add(sub, [...words, sub.name()]);
  };
  add(createProgram([], {}), ["slipway"]);
  return pages;
}

/** Subcommands that the help shows, without `help`. */
export function subcommands(command: Command): Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((sub) => sub.name() !== "help");
}

function page(command: Command, words: string[]): string {
  const [name, title] = [words.join("-"), words.join(" ")];
  const description = command.description();
  const summary = command.summary() || description.replace(/[.:] .*|\.$/s, "");
  const [first = "", ...aliases] = [command.name(), ...command.aliases()];
  const help = command.createHelp();
  const isTop = words.length === 1;
  const args = help.visibleArguments(command).filter((argument) => argument.description);
  const options = help.visibleOptions(command);
  const usage = isTop ? "[flags] command" : command.usage();
  const related = [
    ...(isTop ? [] : [words.slice(0, -1)]),
    ...subcommands(command).map((s) => [...words, s.name()]),
  ];
  const parts = [
    `.TH ${quoted(name.toUpperCase())} 1 "" ${quoted(`slipway ${version}`)} "Slipway"`,
    `.SH NAME\n${text(name)} \\- ${text(summary)}`,
    `.SH SYNOPSIS\n\\fB${text(title)}\\fR ${text(usage)}`,
    `.SH DESCRIPTION\n${text(description)}`,
    aliases.length > 0 &&
      `.PP\nAlso: ${aliases.map((each) => `\\fB${text(title.slice(0, -first.length) + each)}\\fR`).join(", ")}`,
    args.length > 0 &&
      `.SH ARGUMENTS\n${args.map((each) => entry(`\\fI${text(each.name())}\\fR`, help.argumentDescription(each))).join("\n")}`,
    options.length > 0 &&
      `.SH OPTIONS\n${options.map((each) => entry(flags(each), help.optionDescription(each))).join("\n")}`,
    subcommands(command).length > 0 &&
      `.SH COMMANDS\n${subcommands(command)
        .map((sub) => entry(`\\fB${text(`${title} ${sub.name()}`)}\\fR`, help.subcommandDescription(sub)))
        .join("\n")}`,
    ...sectionsOf(command).map(section),
    related.length > 0 &&
      `.SH SEE ALSO\n${related.map((each) => `\\fB${text(each.join("-"))}\\fR(1)`).join(",\n")}`,
  ];
  return `${parts.filter(Boolean).join("\n")}\n`;
}

function section({ title, lines }: Section): string {
  const body = lines.map(text).join("\n");
  return `.SH ${quoted(title.toUpperCase())}\n${title === notes ? body : `.nf\n${body}\n.fi`}`;
}

/** The paragraphs that a command's help has after what Commander makes. */
function sectionsOf(command: Command): Section[] {
  let help = "";
  command.configureOutput({
    writeOut: (part) => {
      help += part;
    },
  });
  command.outputHelp();
  const own = help.slice(command.helpInformation().length);
  return own.split(/\n\n+/).flatMap((paragraph) => {
    const [head = "", ...lines] = paragraph.split("\n").filter((line) => line.trim());
    if (/^[A-Z][\w ]+:$/.test(head))
      return [{ title: head.slice(0, -1), lines: lines.map((line) => line.replace(/^ {2}/, "")) }];
    return head ? [{ title: notes, lines: [[head, ...lines].join(" ")] }] : [];
  });
}

/** `-t, --tag <name>` with its names in bold. */
function flags(option: Option): string {
  const words = option.flags.split(/(?=[, ])|(?<=[, ])/);
  return words.map((word) => (word.startsWith("-") ? `\\fB${text(word)}\\fR` : text(word))).join("");
}

const entry = (head: string, description: string) => `.TP\n${head}\n${text(description)}`;

/** Text as roff shows it literally: with ASCII's hyphens and quotes, and no line that is a request. */
function text(value: string): string {
  return value
    .replaceAll("\\", "\\e")
    .replace(/[-'`^~]/g, (sign) => special[sign]!)
    .replace(
      /[^\0-~]/gu,
      (sign) => `\\[u${sign.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}]`,
    )
    .replace(/^\./gm, "\\&.");
}

const special: Record<string, string> = {
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
};

const quoted = (value: string) => `"${text(value).replaceAll('"', '""')}"`;
