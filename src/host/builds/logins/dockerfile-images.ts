import { dockerfileLines } from "./dockerfile-lines.js";
import { Variables } from "./variables.js";

/** The images that a Dockerfile names. */
export interface DockerfileImages {
  /** References as they are written, with variables replaced; expressions that are not known keep their `$`. */
  readonly images: readonly string[];
  /** The frontend of `# syntax=`. */
  readonly syntax?: string;
}

/** Variables that BuildKit sets. Unless a build argument replaces it, their value is no part of a registry's name. */
const ownVariables = [
  ...["PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT"].flatMap((part) => [`TARGET${part}`, `BUILD${part}`]),
  "TARGETSTAGE",
];

/** Finds the images in FROM, COPY --from and RUN --mount=from; names of stages and named contexts are not images. */
export function dockerfileImages(
  text: string,
  buildArgs: Readonly<Record<string, string>>,
  namedContexts: readonly string[],
): DockerfileImages {
  const { syntax, instructions } = dockerfileLines(text);
  const variables = new Variables(ownVariables.map((name) => [name, buildArgs[name] ?? "any"]));
  const known = new Set(["scratch", ...namedContexts.map((name) => name.toLowerCase())]);
  const images = new Set<string>();
  const add = (image: string) => {
    if (image && !known.has(image.toLowerCase()) && !/^\d+$/.test(image)) images.add(image);
  };
  /** BuildKit refuses variables there. */
  const addWithoutVariables = (word: string) => {
    const image = unquoted(word);
    if (!image.includes("$")) add(image);
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
        add(variables.expand(unquoted(image)));
        if (as.toUpperCase() === "AS" && stage) known.add(stage.toLowerCase());
        break;
      }
      case "COPY":
        for (const flag of flags)
          if (flag.startsWith("--from=")) addWithoutVariables(flag.slice("--from=".length));
        break;
      case "RUN":
        for (const flag of flags) {
          const [, from] = /^--mount=(?:.*,)?["']?from=([^,]+)/.exec(flag) ?? [];
          if (from) addWithoutVariables(from);
        }
    }
  }
  return { images: [...images], syntax };
}

const unquoted = (word: string) => word.replace(/^["']|["']$/g, "");

/** Adds `NAME` or `NAME=default`; a build argument wins over the default. */
function declare(word: string, buildArgs: Readonly<Record<string, string>>, variables: Variables): void {
  const [, name = word, fallback] = /^(\w+)=["']?(.*?)["']?$/s.exec(word) ?? [];
  const value = buildArgs[name] ?? (fallback === undefined ? undefined : variables.expand(fallback));
  if (value !== undefined) variables.set(name, value);
}
