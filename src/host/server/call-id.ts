import { randomUUID } from "node:crypto";
import type { NodeRequest } from "./access.js";

/** Header of the id of a call, in the request and in the answer. */
export const callIdHeader = "x-request-id";

/** What the host takes from a client: it is written to the log and to errors. */
const wellFormed = /^[\x21-\x7e]{1,128}$/;

/** The id of a call: the client's if it is well formed, or a new one, which the request's headers have from then on. */
export function identifyCall({ headers }: NodeRequest): string {
  const given = headers[callIdHeader];
  if (typeof given === "string" && wellFormed.test(given)) return given;
  const id = randomUUID();
  headers[callIdHeader] = id;
  return id;
}
