import {
  contractVariables,
  magicCookie,
  maxSocketPathBytes,
  protocolVersions,
} from "../../plugin-protocol/process-contract.js";
import type { Check } from "../check.js";
import { must } from "../report/violation.js";

/** Checks of the start of the process. */
export const startChecks: Check[] = [
  {
    id: "DRV-START-COOKIE",
    title: "Started without a host, the plugin explains itself on stderr and exits with 1",
    rule: "1-start",
    async run(subject) {
      const plugin = subject.fresh({ env: { [magicCookie.key]: undefined } });
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
    async run(subject) {
      const plugin = subject.fresh();
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
    async run(subject) {
      const answer = async (offered: string) => {
        const plugin = subject.fresh({ env: { [contractVariables.protocolVersions]: offered } });
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
    id: "DRV-START-STDIN",
    title: `The plugin serves with a closed standard input when ${contractVariables.heldStdin} is not set`,
    rule: "6-the-end",
    async run(subject) {
      const plugin = subject.fresh({ env: { [contractVariables.heldStdin]: undefined }, stdin: "closed" });
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
