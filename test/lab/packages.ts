import { withLock } from "./cache.js";
import { type Step, step } from "./progress.js";
import { must, run } from "./run.js";

let updated = false;

/** Install the Debian packages among `names` that are not installed yet, announcing each step. Needs root and apt. */
export async function ensurePackages(names: readonly string[], announce: Step = step): Promise<void> {
  if ((await missing(names)).length === 0) return;
  await withLock("apt", async () => {
    const wanted = await missing(names);
    if (wanted.length === 0) return;
    // Installation scripts may run programs of any other package.
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
    if (!updated) await announce("apt-get update", () => must("apt-get", ["update", "-q"], { env }));
    updated = true;
    await announce(`apt-get install ${wanted.join(" ")}`, () =>
      must("apt-get", ["install", "-qy", "--no-install-recommends", ...wanted], { env }),
    );
  });
}

async function missing(names: readonly string[]): Promise<string[]> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's
  const { stdout } = await run("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\n", ...names]);
  const installed = new Set(stdout.split("\n").filter((line) => line.endsWith(" installed")));
  return names.filter((name) => !installed.has(`${name} installed`));
}
