import { withoutBrackets } from "./without-brackets.js";

/** Whether a host name or IP address is this machine's loopback interface. */
export function isLoopback(host: string): boolean {
  const name = withoutBrackets(host).toLowerCase();
  return name === "localhost" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);
}
