import { readdirSync } from "node:fs";
import type { Check } from "../check.js";
import { asHost } from "../plugin-process.js";
import { must } from "../violation.js";

/** A process must end 2 s after Shutdown or SIGTERM, in milliseconds; one more is for machines that are busy. */
const endMs = 3000;
/** A process must end 5 s after its host has died, in milliseconds; one more as above. */
const orphanMs = 6000;

/** How the process ends. */
export const endChecks: Check[] = [
  {
    id: "DRV-END-SHUTDOWN",
    title: "it ends within 2 s after Shutdown",
    rule: "6-the-end",
    async run(subject) {
      const plugin = subject.fresh();
      const { controller, driver } = await plugin.peer();
      await driver.handshake(asHost);
      controller.shutdown({}).catch(() => {});
      must(await plugin.endsWithin(endMs), "it still runs 2 s after Shutdown");
    },
  },
  {
    id: "DRV-END-SIGTERM",
    title: "it ends within 2 s after SIGTERM",
    rule: "6-the-end",
    async run(subject) {
      const plugin = subject.fresh();
      await (await plugin.peer()).driver.handshake(asHost);
      plugin.kill("SIGTERM");
      must(await plugin.endsWithin(endMs), "it still runs 2 s after SIGTERM");
    },
  },
  {
    id: "DRV-END-SIGINT",
    title: "it ignores SIGINT, which a terminal sends to the host's whole group",
    rule: "6-the-end",
    level: "SHOULD",
    async run(subject) {
      const plugin = subject.fresh();
      const { driver } = await plugin.peer();
      await driver.handshake(asHost);
      plugin.kill("SIGINT");
      must(!(await plugin.endsWithin(500)), "it ended on SIGINT");
      await driver.handshake(asHost, { timeoutMs: 10_000 });
    },
  },
  {
    id: "DRV-END-ORPHAN",
    title: "it ends within 5 s when its standard input does, and deletes its sockets",
    rule: "6-the-end",
    async run(subject) {
      const plugin = subject.fresh();
      await (await plugin.peer()).driver.handshake(asHost);
      plugin.closeStdin();
      must(await plugin.endsWithin(orphanMs), "it still runs 5 s after its standard input ended: an orphan");
      const left = readFolder(plugin.socketDir);
      must(left.length === 0, `it left its sockets behind: ${left.join(", ")}`);
    },
  },
];

/** The plugin may delete the folder too. */
function readFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
