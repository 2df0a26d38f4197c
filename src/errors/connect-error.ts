/** The errors of calls, for a module that loads them only when a call fails. */
export { Code, ConnectError } from "@connectrpc/connect";
