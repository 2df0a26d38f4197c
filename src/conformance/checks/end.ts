import { readdirSync } from "node:fs";
import type { Check } from "../check.js";
import { asHost } from "../peer.js";
import { must } from "../report/violation.js";

/** A process must end within 2 s after Shutdown or SIGTERM, in milliseconds, with a second more for busy machines. */
const endMs = 3000;
/** A process must end within 5 s after its host died, in milliseconds, with a second more. */
const orphanMs = 6000;

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
      must(!(await plugin.endsWithin(500)), "The plugin ended on SIGINT.");
      await driver.handshake(asHost, { timeoutMs: 10_000 });
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
