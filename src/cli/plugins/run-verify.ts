import { ExitCode } from "../command-error.js";
import { withHost } from "../host.js";
import { allVerifications } from "../list-all.js";
import { print } from "../output/print.js";
import { table } from "../output/table.js";

/** `slipway plugins verify [NAME…]`. Exits with 1 if files of a plugin have changed. */
export async function runPluginsVerify(names: string[]): Promise<void> {
  const plugins = await withHost((host) => allVerifications(host, names));
  const rows = plugins.map(({ name, path, checkedFileCount, problems }) => [
    name,
    problems.length > 0 ? "changed" : checkedFileCount > 0 ? "ok" : "no checksums",
    String(checkedFileCount),
    path,
  ]);
  const problems = plugins.flatMap((plugin) =>
    plugin.problems.map(({ message }) => `\n${plugin.name}: ${message}`),
  );
  print(table(["NAME", "RESULT", "FILES", "PATH"], rows) + problems.join(""));
  if (problems.length > 0) {
    print("\n");
    throw new ExitCode(1);
  }
}
