/** Adds the control sequences of a colour to a text. */
export type Paint = (text: string) => string;

/** The colours of the live view. */
export interface Colors {
  run: Paint;
  cancel: Paint;
  error: Paint;
  warning: Paint;
  faint: Paint;
}

const names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/**
 * Whether a stream shows colours: on a terminal, or with FORCE_COLOR or CLICOLOR_FORCE, and never with NO_COLOR. As for
 * other programs, an empty variable is none, and 0 does not force.
 */
export function showsColors(env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (env.NO_COLOR) return false;
  return isTerminal || [env.FORCE_COLOR, env.CLICOLOR_FORCE].some((value) => value && value !== "0");
}

/** The colours of the environment: none with NO_COLOR, others with BUILDKIT_COLORS ("run=cyan:error=255,0,0"). */
export function colorsOf(env: NodeJS.ProcessEnv): Colors {
  const plain: Paint = (text) => text;
  if (env.NO_COLOR) return { run: plain, cancel: plain, error: plain, warning: plain, faint: plain };
  const colors: Colors = {
    run: paint("34"),
    cancel: paint("33"),
    error: paint("31"),
    warning: paint("33"),
    faint: paint("2"),
  };
  for (const part of (env.BUILDKIT_COLORS ?? "").split(":")) {
    const [key = "", value = ""] = part.toLowerCase().split("=");
    const code = codeOf(value);
    if (code && key !== "faint" && key in colors) colors[key as keyof Colors] = paint(code);
  }
  return colors;
}

function codeOf(value: string): string | undefined {
  if (value === "default") return "39";
  const index = names.indexOf(value.replace("light-", ""));
  if (index >= 0) return String(index + (value.startsWith("light-") ? 90 : 30));
  const rgb = /^(\d{1,3}),(\d{1,3}),(\d{1,3})$/.exec(value)?.slice(1).map(Number);
  return rgb?.every((part) => part <= 255) ? `38;2;${rgb.join(";")}` : undefined;
}

function paint(code: string): Paint {
  return (text) => `\x1b[${code}m${text}\x1b[0m`;
}
