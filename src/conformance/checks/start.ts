import {
  contractVariables,
  magicCookie,
  maxSocketPathBytes,
} from "../../plugin-protocol/process-contract.js";
import type { Check } from "../check.js";
import { must } from "../violation.js";

/** How the process starts. */
export const startChecks: Check[] = [
  {
    id: "DRV-START-COOKIE",
    title: "started by hand, it says on stderr what it is, and exits with 1",
    rule: "1-start",
    async run(subject) {
      const plugin = subject.fresh({ env: { [magicCookie.key]: undefined } });
      must(await plugin.endsWithin(10_000), `without ${magicCookie.key} it goes on for more than 10 s`);
      const { code, text } = await plugin.exited;
      must(code === 1, `without ${magicCookie.key} it ${text}; expected code 1`);
      must(plugin.stderr.trim() !== "", `without ${magicCookie.key} it says nothing on stderr`);
    },
  },
  {
    id: "DRV-START-LINE",
    title: "its first line on stdout is the handshake line, with a socket in the given folder",
    rule: "2-the-handshake-line",
    async run(subject) {
      const plugin = subject.fresh();
      const { address } = await plugin.handshakeLine();
      if (address.network === "tcp") return;
      const { path } = address;
      must(
        path.startsWith(`${plugin.socketDir}/`),
        `its socket ${path} is not in ${contractVariables.socketDir}`,
      );
      must(Buffer.byteLength(path) <= maxSocketPathBytes, `the path ${path} is too long for a socket`);
    },
  },
  {
    id: "DRV-START-VERSION",
    title: "it takes the highest protocol version in common, and tells its own without one",
    rule: "1-start",
    async run(subject) {
      const answer = async (offered: string) => {
        const plugin = subject.fresh({ env: { [contractVariables.protocolVersions]: offered } });
        return (await plugin.firstLine()).split("|")[1];
      };
      const chosen = await answer("9,1,0");
      must(chosen === "1", `offered the versions 9, 1 and 0, it chose ${chosen}; expected 1`);
      const own = await answer("9");
      must(own === "1", `offered only version 9, it answered ${own}; expected its own lowest, 1`);
    },
  },
  {
    id: "DRV-START-STDIN",
    title: `it serves with its standard input closed, when ${contractVariables.heldStdin} is not set`,
    rule: "6-the-end",
    async run(subject) {
      const plugin = subject.fresh({ env: { [contractVariables.heldStdin]: undefined }, stdin: "closed" });
      const { health } = await plugin.peer();
      await new Promise((resolve) => setTimeout(resolve, 300));
      must(!plugin.over, "it ended, although nobody said that the host holds its standard input");
      await health.check({ service: "plugin" }, { timeoutMs: 10_000 });
    },
  },
];
