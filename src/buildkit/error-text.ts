import { Code } from "@connectrpc/connect";

/** What gRPC in Go writes before the message of an error. */
const status = /rpc error: code = \w+ desc = /g;

const codeNames = Object.keys(Code).filter((name) => Number.isNaN(Number(name)));

/** What BuildKit writes there (util/grpcerrors). Behind a quotation mark it may belong to a command of a step. */
const codeName = new RegExp(`(?<=^|: )(?:${codeNames.join("|")}): `, "g");

/** The text of an error of BuildKit without the statuses of the calls that the error crossed. */
export function errorText(text: string): string {
  const plain = text.replaceAll(status, "");
  const quoted = plain.indexOf('"');
  const end = quoted < 0 ? plain.length : quoted;
  return plain.slice(0, end).replaceAll(codeName, "") + plain.slice(end);
}
