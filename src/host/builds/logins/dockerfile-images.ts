import { dockerfileLines } from "./dockerfile-lines.js";
import { Variables } from "./variables.js";

/** The images that a Dockerfile names. */
export interface DockerfileImages {
  /** References as they are written, with variables replaced; variables without a known value stay. */
  readonly images: readonly string[];
  /** The frontend of `# syntax=`. */
  readonly syntax?: string;
  /** There is a FROM. */
  readonly hasStages: boolean;
}

/** Variables that BuildKit sets, whose value is no part of a registry's name. */
const platformVariables = ["OS", "ARCH", "VARIANT"].flatMap((part) => [`TARGET${part}`, `BUILD${part}`]);

/** Finds the images in FROM, COPY --from and RUN --mount=from; names of stages and named contexts are not images. */
export function dockerfileImages(
  text: string,
  buildArgs: Readonly<Record<string, string>>,
  namedContexts: readonly string[],
): DockerfileImages {
  const { syntax, instructions } = dockerfileLines(text);
  const variables = new Variables(platformVariables.map((name) => [name, "any"]));
  const known = new Set(["scratch", ...namedContexts.map((name) => name.toLowerCase())]);
  const images = new Set<string>();
  const add = (word: string) => {
    const image = variables.expand(word.replace(/^["']|["']$/g, ""));
    if (image && !known.has(image.toLowerCase()) && !/^\d+$/.test(image)) images.add(image);
  };
  let inStage = false;
  for (const instruction of instructions) {
    const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/s.exec(instruction) ?? [];
    const words = rest.split(/\s+/);
    const flags = words.filter((word) => word.startsWith("--"));
    switch (name.toUpperCase()) {
      case "ARG":
        // Only those above the first stage count in FROM.
        if (!inStage) for (const word of words) declare(word, buildArgs, variables);
        break;
      case "FROM": {
        inStage = true;
        const [image = "", as = "", stage] = words.filter((word) => !word.startsWith("--"));
        add(image);
        if (as.toUpperCase() === "AS" && stage) known.add(stage.toLowerCase());
        break;
      }
      case "COPY":
        for (const flag of flags) if (flag.startsWith("--from=")) add(flag.slice("--from=".length));
        break;
      case "RUN":
        for (const flag of flags) {
          const [, from] = /^--mount=(?:.*,)?["']?from=([^,]+)/.exec(flag) ?? [];
          if (from) add(from);
        }
    }
  }
  return { images: [...images], syntax, hasStages: inStage };
}

/** Adds `NAME` or `NAME=default`; a build argument wins over the default. */
function declare(word: string, buildArgs: Readonly<Record<string, string>>, variables: Variables): void {
  const [, name = word, fallback] = /^(\w+)=["']?(.*?)["']?$/s.exec(word) ?? [];
  const value = buildArgs[name] ?? (fallback === undefined ? undefined : variables.expand(fallback));
  if (value !== undefined) variables.set(name, value);
}
