import { ExitCode } from "../command-error.js";
import { withHost } from "../host.js";
import { table } from "../output/table.js";

/** `slipway plugins verify [NAME…]`. Exits with 1 if files of a plugin have changed. */
export async function runPluginsVerify(names: string[]): Promise<void> {
  const { plugins } = await withHost((host) => host.drivers.verifyPlugins({ names }));
  const rows = plugins.map(({ name, path, checkedFiles, problems }) => [
    name,
    problems.length > 0 ? "changed" : checkedFiles > 0 ? "ok" : "no checksums",
    String(checkedFiles),
    path,
  ]);
  const problems = plugins.flatMap((plugin) => plugin.problems.map((text) => `\n${plugin.name}: ${text}`));
  process.stdout.write(table(["NAME", "RESULT", "FILES", "PATH"], rows) + problems.join(""));
  if (problems.length > 0) {
    process.stdout.write("\n");
    throw new ExitCode(1);
  }
}
