/** A Dockerfile in its parts. */
export interface DockerfileLines {
  /** The frontend of `# syntax=`, `// syntax=` or `{"syntax": …}`, with its options. */
  readonly syntax?: string;
  /** Instructions with their continuation lines joined, without comments and without the contents of heredocs. */
  readonly instructions: readonly string[];
}

/** The value may have spaces around it. */
const directive = /^\s*(?:#|\/\/)\s*([a-z]+)\s*=(.+)$/i;

/** Splits a Dockerfile as BuildKit's parser does, in time that is linear in its size. */
export function dockerfileLines(text: string): DockerfileLines {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const directives = directivesOf(lines);
  const continued = directives.get("escape") === "`" ? /`[ \t]*$/ : /\\[ \t]*$/;
  const instructions: string[] = [];
  let lastLines: ReadonlyMap<string, number> | undefined;
  let open = "";
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    // Comments and empty lines do not end an instruction.
    if (/^\s*(#|$)/.test(line)) continue;
    if (continued.test(line)) {
      open += line.replace(continued, "");
      continue;
    }
    const instruction = (open + line).trim();
    open = "";
    instructions.push(instruction);
    for (const heredoc of heredocsOf(instruction)) {
      lastLines ??= lastLinesOf(lines);
      at = endOf(heredoc, lines, at, lastLines);
    }
  }
  if (open.trim()) instructions.push(open.trim());
  return { syntax: directives.get("syntax") ?? jsonSyntax(text), instructions };
}

/** Directives are comments above everything else. */
function directivesOf(lines: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of lines[0]?.startsWith("#!") ? lines.slice(1) : lines) {
    const [, name = "", spaced = ""] = directive.exec(line) ?? [];
    const value = spaced.trim();
    if (value === "") break;
    found.set(name.toLowerCase(), value);
  }
  return found;
}

/** The frontend of a file in JSON. */
function jsonSyntax(text: string): string | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const { syntax } = JSON.parse(text);
    return typeof syntax === "string" ? syntax : undefined;
  } catch {
    return undefined;
  }
}

interface Heredoc {
  name: string;
  /** Tabs before its end do not count. */
  indented: boolean;
}

function heredocsOf(instruction: string): Heredoc[] {
  if (!/^(ONBUILD\s+)?(RUN|COPY|ADD)\s/i.test(instruction)) return [];
  return Array.from(instruction.matchAll(/\s\d*<<(-?)(["']?)([^\s<"']+)\2(?=\s|$|[;|&>])/g), (found) => ({
    name: found[3]!,
    indented: found[1] === "-",
  }));
}

/** The number of the last line with each text, and with each text after tabs, which has one tab here. */
function lastLinesOf(lines: readonly string[]): Map<string, number> {
  const last = new Map<string, number>();
  for (const [at, line] of lines.entries()) {
    last.set(line, at);
    const text = withoutTabs(line);
    if (text !== line) last.set(`\t${text}`, at);
  }
  return last;
}

/**
 * The line that ends a heredoc; the line before it where there is none. Only lines of the heredoc are looked at: many that
 * have no end would else cost all lines below, each.
 */
function endOf(
  { name, indented }: Heredoc,
  lines: readonly string[],
  start: number,
  lastLines: ReadonlyMap<string, number>,
): number {
  const last = Math.max(lastLines.get(name) ?? -1, indented ? (lastLines.get(`\t${name}`) ?? -1) : -1);
  if (last <= start) return start;
  let at = start + 1;
  while ((indented ? withoutTabs(lines[at]!) : lines[at]) !== name) at++;
  return at;
}

function withoutTabs(line: string): string {
  return line.replace(/^\t+/, "");
}
