import { readGoBool } from "../../util/go-values.js";

/** Whether Go's `strconv.ParseBool` reads a text as true. */
export function isTrue(text = ""): boolean {
  return readGoBool(text) === true;
}
