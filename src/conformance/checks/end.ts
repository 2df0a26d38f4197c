import { readdirSync } from "node:fs";
import { failureOf, formatError } from "../call-outcome.js";
import type { Check } from "../check.js";
import { asHost } from "../peer.js";
import { must } from "../report/violation.js";

/** How long a process may take to end, in milliseconds: its 2 s after Shutdown or a signal, and more on a busy machine. */
export const endMs = 8_000;
/** The same after its host died: 5 s, and more on a busy machine. */
const orphanMs = 12_000;

/** Checks of the end of the process. */
export const endChecks: Check[] = [
  {
    id: "DRV-END-SHUTDOWN",
    title: "The plugin ends within 2 s after Shutdown",
    rule: "6-the-end",
    process: true,
    async run(subject) {
      const plugin = subject.processes.fresh();
      const { controller, driver } = await plugin.peer();
      await driver.handshake(asHost);
      controller.shutdown({}).catch(() => {});
      must(await plugin.endsWithin(endMs), "The plugin still runs 2 s after Shutdown.");
    },
  },
  {
    id: "DRV-END-SIGTERM",
    title: "The plugin ends within 2 s after SIGTERM",
    rule: "6-the-end",
    process: true,
    async run(subject) {
      const plugin = subject.processes.fresh();
      await (await plugin.peer()).driver.handshake(asHost);
      plugin.kill("SIGTERM");
      must(await plugin.endsWithin(endMs), "The plugin still runs 2 s after SIGTERM.");
    },
  },
  {
    id: "DRV-END-SIGINT",
    title: "The plugin ignores SIGINT, which a terminal sends to the host's process group",
    rule: "6-the-end",
    process: true,
    level: "SHOULD",
    async run(subject) {
      const plugin = subject.processes.fresh();
      const { driver } = await plugin.peer();
      await driver.handshake(asHost);
      plugin.kill("SIGINT");
      const isThere = !(await plugin.endsWithin(500));
      // On a busy machine a plugin that ends may still run, but it does not answer.
      const failure = isThere && (await failureOf(driver.handshake(asHost, { timeoutMs: 10_000 })));
      must(isThere && !(failure && (await plugin.endsWithin(endMs))), "The plugin ended on SIGINT.");
      must(!failure, `After SIGINT Handshake ended with ${failure && formatError(failure)}.`);
    },
  },
  {
    id: "DRV-END-ORPHAN",
    title: "The plugin ends within 5 s after its standard input, and deletes its sockets",
    rule: "6-the-end",
    process: true,
    async run(subject) {
      const plugin = subject.processes.fresh();
      await (await plugin.peer()).driver.handshake(asHost);
      plugin.closeStdin();
      must(await plugin.endsWithin(orphanMs), "The plugin still runs 5 s after its standard input ended.");
      const left = readFolder(plugin.socketDir);
      must(left.length === 0, `The plugin did not delete its sockets: ${left.join(", ")}.`);
    },
  },
];

/** The files of a folder; none when the plugin has deleted the folder too. */
function readFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
