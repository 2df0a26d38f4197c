/** A Dockerfile in its parts. */
export interface DockerfileLines {
  /** The frontend of `# syntax=`, with its options. */
  readonly syntax?: string;
  /** Instructions with their continuation lines joined, without comments and without the contents of heredocs. */
  readonly instructions: readonly string[];
}

const directive = /^\s*(?:#|\/\/)\s*([a-z]+)\s*=\s*(.+?)\s*$/i;

/** Splits a Dockerfile as BuildKit's parser does. */
export function dockerfileLines(text: string): DockerfileLines {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const directives = directivesOf(lines);
  const continued = directives.get("escape") === "`" ? /`[ \t]*$/ : /\\[ \t]*$/;
  const instructions: string[] = [];
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
    for (const end of heredocsOf(instruction)) at = endOf(lines, at, end);
  }
  if (open.trim()) instructions.push(open.trim());
  return { syntax: directives.get("syntax"), instructions };
}

/** Directives are comments above everything else. */
function directivesOf(lines: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of lines[0]?.startsWith("#!") ? lines.slice(1) : lines) {
    const [, name, value] = directive.exec(line) ?? [];
    if (name === undefined) break;
    found.set(name.toLowerCase(), value!);
  }
  return found;
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

/** The line that ends a heredoc; the line before it where there is none. */
function endOf(lines: readonly string[], start: number, { name, indented }: Heredoc): number {
  const end = lines.findIndex(
    (line, index) => index > start && (indented ? line.replace(/^\t+/, "") : line) === name,
  );
  return end < 0 ? start : end;
}
