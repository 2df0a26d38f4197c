import type { Command, Option } from "commander";
import type { Candidate, Candidates } from "./candidate.js";
import { argumentValues, flagValues, type Values } from "./values.js";

/**
 * What can complete a command line, from the definitions of the commands and, for names of builders and the like, from a
 * host that runs.
 * @param words those after the program's name; the last one, which may be empty, is to be completed
 */
export async function candidatesFor(program: Command, words: readonly string[]): Promise<Candidates> {
  const current = words.at(-1) ?? "";
  let command = program;
  let positional = 0;
  let pending: Option | undefined;
  let onlyArguments = false;
  for (const word of words.slice(0, -1)) {
    if (pending) pending = undefined;
    else if (word === "--") onlyArguments = true;
    else if (word.startsWith("-") && !onlyArguments) pending = takesNext(optionOf(command, word));
    else {
      const sub = positional === 0 ? subcommands(command).find((each) => isNamed(each, word)) : undefined;
      if (sub) command = sub;
      else positional++;
    }
  }
  const found = await lookUp({ command, positional, pending, onlyArguments, current, words });
  return { ...found, candidates: found.candidates.filter(([word]) => word.startsWith(current)) };
}

interface Place {
  command: Command;
  /** How many arguments precede. */
  positional: number;
  /** The flag whose value follows. */
  pending: Option | undefined;
  onlyArguments: boolean;
  current: string;
  words: readonly string[];
}

async function lookUp(place: Place): Promise<Candidates> {
  const { command, positional, pending, onlyArguments, current, words } = place;
  if (pending) return valuesOf(flagValues(pending), words, current);
  const [, flag, value] = (!onlyArguments && /^(--[\w-]+=)(.*)$/s.exec(current)) || [];
  if (flag && value !== undefined) {
    const option = optionOf(command, flag.slice(0, -1));
    const found = await valuesOf(option && flagValues(option), words, value);
    return { ...found, candidates: found.candidates.map(([word, meaning]) => [flag + word, meaning]) };
  }
  if (current.startsWith("-") && !onlyArguments) return { candidates: flagsOf(command) };
  const subs: Candidate[] =
    positional > 0 ? [] : subcommands(command).map((sub) => [sub.name(), sub.summary() || sub.description()]);
  const values = await valuesOf(argumentValues(command, positional), words, current);
  return { ...values, candidates: [...subs, ...values.candidates] };
}

async function valuesOf(values: Values | undefined, words: readonly string[], current: string) {
  const candidates: Candidates = { candidates: [] };
  return values ? { ...candidates, ...(await values(words, current)) } : candidates;
}

function flagsOf(command: Command): Candidate[] {
  const options = chain(command).flatMap((each) => each.createHelp().visibleOptions(each));
  return options.flatMap(({ long, description }) => (long ? [[long, description] as Candidate] : []));
}

function optionOf(command: Command, word: string): Option | undefined {
  const name = word.replace(/=.*$/s, "");
  return chain(command)
    .flatMap((each) => each.options)
    .find(({ long, short }) => long === name || short === name);
}

/** The flag, if its value is the next word. */
function takesNext(option: Option | undefined): Option | undefined {
  return option?.required ? option : undefined;
}

function chain(command: Command): Command[] {
  return command.parent ? [command, ...chain(command.parent)] : [command];
}

function subcommands(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}

function isNamed(command: Command, word: string): boolean {
  return command.name() === word || command.aliases().includes(word);
}
