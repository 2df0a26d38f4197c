import { rules } from "../../src/host/access/rules.js";

/** The rules of all RPCs as a Markdown table. */
export function renderAccessRules(): string {
  const rows = Object.entries(rules).map(([method, { role, reach, remote }]) => {
    const name = method.replace(/^slipway\.v1\./, "");
    return `| \`${name}\` | ${role} | ${reach} | ${remote.replace(/--\S+/, "`$&`")} |`;
  });
  return ["| RPC | minimum role | reaches | over TCP |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
