import { InputError } from "../../errors/input-error.js";
import { parseCsvLine } from "../../inputs/parse-attributes.js";
import { parseBool } from "../values/parse-bool.js";

/** A query for the frontend. */
export interface Call {
  /** "check", "outline" or "targets". */
  name: string;
  /** Print the answer as JSON. */
  json: boolean;
  /** Exit with 0 regardless of the result. */
  ignoreStatus: boolean;
}

/** Parses `--call method[,format=json][,ignorestatus=true]`; undefined for a build. */
export function parseCall({ call, check }: { call?: string; check?: boolean }): Call | undefined {
  const text = check ? "check" : (call ?? "");
  const result: Call = { name: "", json: false, ignoreStatus: false };
  for (const field of parseCsvLine(text)) {
    const [, key, value] = /^([^=]*)=(.*)$/s.exec(field) ?? [];
    if (key === "format") result.json = value === "json";
    else if (key === "ignorestatus") result.ignoreStatus = parseBool(value!);
    else if (key !== undefined || result.name) throw invalid(text);
    else result.name = field === "lint" ? "check" : field;
  }
  return result.name === "" || result.name === "build" ? undefined : result;
}

function invalid(text: string): InputError {
  return new InputError({
    reason: "CALL_INVALID",
    field: "--call",
    message: `invalid call value: ${text}`,
    remedy: "Write check, outline or targets, optionally followed by format=json or ignorestatus=true.",
  });
}
