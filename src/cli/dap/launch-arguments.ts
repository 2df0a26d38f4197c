import { isJsonObject } from "../../util/is-json-object.js";

/** What an editor asks to build, in buildx's names. Other arguments are the editor's own. */
export interface LaunchArguments {
  readonly contextPath?: string;
  readonly dockerfile?: string;
  readonly target?: string;
  readonly builder?: string;
  /** Holds the build before its first step. */
  readonly stopOnEntry: boolean;
}

/** Reads the arguments of `launch`. Throws for one of another type. */
export function readLaunchArguments(args: unknown): LaunchArguments {
  const given = isJsonObject(args) ? args : {};
  const text = (name: string): string | undefined => {
    const value = given[name];
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "string") return value;
    throw new Error(`${name} is not a string.`);
  };
  const { stopOnEntry = false } = given;
  if (typeof stopOnEntry !== "boolean") throw new Error("stopOnEntry is not a boolean.");
  return {
    contextPath: text("contextPath"),
    dockerfile: text("dockerfile"),
    target: text("target"),
    builder: text("builder"),
    stopOnEntry,
  };
}
