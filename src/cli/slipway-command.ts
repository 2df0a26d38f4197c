import { Command, Option } from "commander";
import { parseBool } from "./values/parse-bool.js";

/**
 * A command whose flags behave as in docker's and buildx's CLI: `--pull=false` works beside `--pull`, and `--no-cache`
 * is a flag of its own rather than the opposite of `--cache`.
 */
export class SlipwayCommand extends Command {
  override createCommand(name?: string): SlipwayCommand {
    return new SlipwayCommand(name);
  }

  override createOption(flags: string, description?: string): Option {
    return new Flag(flags, description);
  }

  override parseOptions(argv: string[]) {
    const end = argv.indexOf("--");
    const flags = argv.slice(0, end < 0 ? undefined : end).flatMap((argument) => this.#plainFlag(argument));
    return super.parseOptions(end < 0 ? flags : [...flags, ...argv.slice(end)]);
  }

  /** `--flag=true` becomes `--flag`, `--flag=false` nothing. */
  #plainFlag(argument: string): string[] {
    const [, name, value] = /^(--[a-z-]+)=(.*)$/s.exec(argument) ?? [];
    const option = name && this.options.find((candidate) => candidate.long === name);
    if (!option || option.required || option.optional) return [argument];
    return parseBool(value!) ? [name!] : [];
  }

  /** A flag that can be given more than once. */
  list(flags: string, description: string): this {
    return this.addOption(listFlag(flags, description));
  }
}

class Flag extends Option {
  constructor(flags: string, description?: string) {
    super(flags, description);
    this.negate = false;
  }
}

/** A flag whose values are collected in the order in which they are given. */
export function listFlag(flags: string, description?: string): Option {
  return new Flag(flags, description).argParser((value: string, earlier: string[] = []) => [
    ...earlier,
    value,
  ]);
}

/** A flag that is taken but not shown in the help. */
export function hiddenFlag(flags: string): Option {
  return new Flag(flags).hideHelp();
}
