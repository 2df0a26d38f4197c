import { Command, Option } from "commander";
import { parseBool } from "./values/parse-bool.js";

/**
 * A command whose flags behave as in docker's and buildx's CLI: `--pull=false` is accepted, and `--no-cache` is a
 * separate flag, not the opposite of `--cache`.
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
    const given = argv.slice(0, end < 0 ? undefined : end);
    const flags = this.#withValues(given).flatMap((argument) => this.#plainFlag(argument));
    return super.parseOptions(end < 0 ? flags : [...flags, ...argv.slice(end)]);
  }

  /**
   * Global flags are parsed from the complete line before the command's own flags. A command's `--flag value` therefore
   * becomes `--flag=value` first, so that the value is not mistaken for a global flag: `--buildkitd-flags --debug`.
   */
  #withValues(argv: string[]): string[] {
    const commands = new Map(this.commands.map((command) => [command.name(), command]));
    const at = argv.findIndex((argument) => commands.has(argument));
    const command = commands.get(argv[at] ?? "");
    if (!command) return argv;
    const options = [command, ...command.commands].flatMap((each) => each.options);
    const joined = argv.slice(0, at + 1);
    for (let next = at + 1; next < argv.length; next++) {
      const flag = argv[next]!;
      const option = options.find((candidate) => candidate.required && candidate.long === flag);
      const value = option && argv[next + 1];
      joined.push(value === undefined ? flag : `${flag}=${value}`);
      if (value !== undefined) next++;
    }
    return joined;
  }

  /** Converts `--flag=true` to `--flag`, and removes `--flag=false`; otherwise around for a flag that is on by default. */
  #plainFlag(argument: string): string[] {
    if (
      this.options.some(
        ({ long, optional, defaultValue }) => long === argument && optional && defaultValue === true,
      )
    )
      return [`${argument}=true`];
    const [, name, value] = /^(--[a-z-]+)=(.*)$/s.exec(argument) ?? [];
    const option = name && this.options.find((candidate) => candidate.long === name);
    if (!option || option.required || option.optional) return [argument];
    return parseBool(value!) ? [name!] : [];
  }

  /** Adds a repeatable flag. */
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

/** A repeatable flag. Its values keep their order. */
export function listFlag(flags: string, description?: string): Option {
  return new Flag(flags, description).argParser((value: string, earlier: string[] = []) => [
    ...earlier,
    value,
  ]);
}

/** A flag that is on by default: `--flag=false` switches it off. */
export function onFlag(name: string, description: string): Option {
  return new Flag(`${name} [bool]`, description).argParser(parseBool).default(true);
}

/** A flag that the help does not show. */
export function hiddenFlag(flags: string): Option {
  return new Flag(flags).hideHelp();
}

/** The long names of the flags that a command was given. */
export function givenFlags(command: Command): Set<string> {
  const commands: Command[] = [];
  for (let each: Command | null = command; each; each = each.parent) commands.push(each);
  const options = commands.flatMap((each) =>
    each.options.filter((option) => each.getOptionValueSource(option.attributeName()) === "cli"),
  );
  return new Set(options.flatMap(({ long }) => long ?? []));
}
