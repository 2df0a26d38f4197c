import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { cli } from "../host/host.js";
import { must, tempDir } from "../lab/index.js";

const root = join(import.meta.dirname, "../..");

/**
 * The scripts of a page of docs/, by the titles of its sections; the first one is the introduction. A code block with a
 * file name writes that file, and one of sh is run.
 */
async function scripts(page: string): Promise<Map<string, string>> {
  const text = await readFile(join(root, "docs", page), "utf8");
  const sections = text.split(/^## /m).map((section) => {
    const blocks = section.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms);
    const steps = [...blocks].map(([, language, file, body]) => {
      if (file) return `cat > ${file} <<'END_OF_FILE'\n${body}END_OF_FILE\n`;
      return language === "sh" ? body : "";
    });
    return [section.split("\n")[0]!, steps.join("")] as const;
  });
  return new Map(sections);
}

/** How a section is run. */
export interface SectionOptions {
  /** Folders whose files are among the packages in the home directory. Default: none. */
  packages?: readonly string[];
  /**
   * Socket of a Docker Engine. The section then runs in its own network, process and mount namespaces, with that engine
   * at its usual path, and its background processes end with it.
   */
  aloneWith?: string;
  /** Further commands to run after the section, given all scripts by their titles. */
  more?(scripts: Map<string, string>): string;
}

/** Runs a section of a page in a new home directory; returns that directory and the output. */
export async function runSection(
  page: string,
  title: string,
  variables: Record<string, string>,
  { packages = [], aloneWith, more = () => "" }: SectionOptions = {},
): Promise<{ home: string; stdout: string }> {
  const all = await scripts(page);
  const [preparation] = all.values();
  const section = all.get(title);
  if (!section) throw new Error(`docs/${page} has no section ${title}`);
  const home = await tempDir();
  await symlink(root, join(home, "slipway"));
  await mkdir(join(home, "packages"));
  for (const folder of packages)
    for (const name of await readdir(folder))
      if (name !== "recipe.txt") await symlink(join(folder, name), join(home, "packages", name));
  await mkdir(join(home, "bin"));
  await symlink(cli, join(home, "bin/slipway"));
  const script = join(home, "script.sh");
  await writeFile(script, `set -euo pipefail\n${preparation}${section}${more(all)}`);
  const own = homedir();
  const env = {
    ...process.env,
    HOME: home,
    PATH: `${home}/bin:${process.env.PATH}`,
    // The new home must not empty the caches.
    GOPATH: process.env.GOPATH ?? join(own, "go"),
    GOCACHE: process.env.GOCACHE ?? join(own, ".cache/go-build"),
    PIP_CACHE_DIR: process.env.PIP_CACHE_DIR ?? join(own, ".cache/pip"),
    npm_config_cache: process.env.npm_config_cache ?? join(own, ".npm"),
    GOFLAGS: "",
    ...variables,
  };
  const namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const setUp = 'ip link set lo up; mount -t tmpfs none /run; ln -s "$0" /run/docker.sock; exec "$@"';
  const alone = aloneWith ? ["unshare", ...namespaces, "sh", "-ec", setUp, aloneWith] : [];
  const command = [...alone, "bash", script];
  return { home, stdout: (await must("nice", command, { cwd: home, env })).stdout };
}
