import { type Finding, ok, warning } from "../../../host/diagnosis/finding.js";
import type { DoctorCheck } from "../doctor-check.js";

const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "NO_PROXY"];

/** The proxy variables are consistent. */
export const proxies: DoctorCheck = {
  id: "proxies",
  group: "Environment",
  run: async ({ env }) => checkProxies(env),
};

/** Checks proxy variables. No message has a value, since it can contain a password. */
export function checkProxies(env: NodeJS.ProcessEnv): Finding[] {
  const findings = names.flatMap((name) => {
    const [upper, lower] = [env[name], env[name.toLowerCase()]];
    const value = upper || lower;
    if (!value) return [];
    if (upper && lower && upper !== lower)
      return [
        warning(
          `${name} and ${name.toLowerCase()} differ; programs choose one or the other.`,
          "Set both to the same value, or unset one.",
        ),
      ];
    if (name !== "NO_PROXY" && !isProxy(value))
      return [warning(`${name} is not the URL of a proxy.`, "Use a form such as http://proxy.example:3128.")];
    return [];
  });
  return findings.length > 0 ? findings : [ok("The proxy variables are consistent.")];
}

function isProxy(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return /^(https?|socks[45]?[ah]?):$/.test(protocol) && hostname !== "";
}
