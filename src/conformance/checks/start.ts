import { existsSync } from "node:fs";
import {
  contractVariables,
  debugVariable,
  magicCookie,
  maxSocketPathBytes,
  protocolVersions,
} from "../../plugin-protocol/process-contract.js";
import { parseReattach, type Reattach } from "../../plugin-protocol/reattach.js";
import { isAlive } from "../../util/is-alive.js";
import { withPeriod } from "../../util/with-period.js";
import { AttachedPlugin } from "../attached-plugin.js";
import type { Check } from "../check.js";
import { asHost } from "../peer.js";
import { must, Violation } from "../report/violation.js";
import { endMs } from "./end.js";

/** The environment of a plugin that its author runs: nothing of a host. */
const byHand: Record<string, string | undefined> = {
  ...Object.fromEntries(
    [magicCookie.key, ...Object.values(contractVariables)].map((name) => [name, undefined]),
  ),
  [debugVariable]: "1",
};

function reattachOf(line: string): Reattach {
  try {
    return parseReattach(line);
  } catch (cause) {
    const message = (cause as Error).message;
    throw new Violation(
      withPeriod(`With ${debugVariable}=1 the first line on stdout was ${line}: ${message}`),
    );
  }
}

/** Checks of the start of the process. */
export const startChecks: Check[] = [
  {
    id: "DRV-START-COOKIE",
    title: "Started without a host, the plugin explains itself on stderr and exits with 1",
    rule: "1-start",
    process: true,
    async run(subject) {
      const plugin = subject.processes.fresh({ env: { [magicCookie.key]: undefined } });
      must(await plugin.endsWithin(10_000), `Without ${magicCookie.key} the plugin still runs after 10 s.`);
      const { code, text } = await plugin.exited;
      must(code === 1, `Without ${magicCookie.key} the plugin ${text}, expected code 1.`);
      must(plugin.stderr.trim() !== "", `Without ${magicCookie.key} the plugin writes nothing to stderr.`);
    },
  },
  {
    id: "DRV-START-LINE",
    title: "The first line on stdout is the handshake line, with a socket in the given folder",
    rule: "2-the-handshake-line",
    process: true,
    async run(subject) {
      const plugin = subject.processes.fresh();
      const { address } = await plugin.handshakeLine();
      if (address.network === "tcp") return;
      const { path } = address;
      must(
        path.startsWith(`${plugin.socketDir}/`),
        `The socket ${path} is not in ${contractVariables.socketDir}.`,
      );
      must(Buffer.byteLength(path) <= maxSocketPathBytes, `The path ${path} is too long for a socket.`);
    },
  },
  {
    id: "DRV-START-VERSION",
    title: "The plugin chooses the highest common protocol version, or else answers its own",
    rule: "1-start",
    process: true,
    async run(subject) {
      const answer = async (offered: string) => {
        const plugin = subject.processes.fresh({ env: { [contractVariables.protocolVersions]: offered } });
        return (await plugin.firstLine()).split("|")[1];
      };
      const [lowest] = protocolVersions;
      const chosen = await answer(`9,${lowest},0`);
      must(
        chosen === `${lowest}`,
        `Of the versions 9, ${lowest} and 0 the plugin chose ${chosen}, expected ${lowest}.`,
      );
      const own = await answer("9");
      must(
        own === `${lowest}`,
        `To version 9 only, the plugin answered ${own}, expected its own lowest version, ${lowest}.`,
      );
    },
  },
  {
    id: "DRV-START-DEBUG",
    title: "Run by its author, the plugin prints how to attach it, serves without TLS, and ends on SIGINT",
    rule: "plugins-that-their-author-runs",
    level: "SHOULD",
    process: true,
    async run(subject) {
      const plugin = subject.processes.fresh({ env: byHand, stdin: "closed" });
      const reattach = reattachOf(await plugin.firstLine());
      must(
        isAlive(reattach.pid),
        `There is no process ${reattach.pid}, which the plugin printed as its own.`,
      );
      const attached = new AttachedPlugin(reattach);
      try {
        const { health, driver } = await attached.peer();
        await health.check({ service: "plugin" }, { timeoutMs: 10_000 });
        await driver.handshake(asHost, { timeoutMs: 10_000 });
      } finally {
        await attached.end();
      }
      plugin.kill("SIGINT");
      must(await plugin.endsWithin(endMs), "The plugin still runs 2 s after SIGINT.");
      const { network, address } = reattach;
      must(network !== "unix" || !existsSync(address), `The plugin did not delete its socket ${address}.`);
    },
  },
  {
    id: "DRV-START-STDIN",
    title: `The plugin serves with a closed standard input when ${contractVariables.heldStdin} is not set`,
    rule: "6-the-end",
    process: true,
    async run(subject) {
      const plugin = subject.processes.fresh({
        env: { [contractVariables.heldStdin]: undefined },
        stdin: "closed",
      });
      const { health } = await plugin.peer();
      await new Promise((resolve) => setTimeout(resolve, 300));
      must(
        !plugin.ended,
        `The plugin ended with its standard input, although ${contractVariables.heldStdin} is not set.`,
      );
      await health.check({ service: "plugin" }, { timeoutMs: 10_000 });
    },
  },
];
