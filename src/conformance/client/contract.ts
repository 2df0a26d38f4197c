import { fromJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { type BuildEvent, BuildEventSchema } from "../../gen/slipway/v1/build_event_pb.js";
import { isJsonObject } from "../../util/is-json-object.js";

/** What the kit asks of the client under test: one JSON object on its stdin. */
export interface Task {
  /** `build` runs a build to its end and reads its streamed outputs. `list-builders` lists all builders. */
  command: "build" | "list-builders";
  /** Ids of the capabilities that the client requires; none by default. */
  requiredCapabilities?: string[];
  /** The specification of the build, as JSON of `slipway.v1`. */
  spec?: JsonObject;
  /** A folder that becomes the context of the build: as a path or an upload, whatever the host accepts. */
  folder?: string;
  /** Cancel the build at the event with this sequence number. */
  cancelAt?: number;
  /** The time limit of each call of `list-builders`, in milliseconds; none by default. */
  timeoutMs?: number;
}

/** An error as the client under test reports it. */
export interface ReportedError {
  /** Name of the gRPC code: "NOT_FOUND". */
  code: string;
  /** Empty if there is none. */
  reason: string;
  message: string;
  remedy: string;
  fields: { field: string; reason: string; message: string; remedy: string }[];
  metadata: Record<string, string>;
  /** The delay before the call can succeed, in milliseconds; 0 if it is unknown. */
  retryAfterMs: number;
  /** Id of the call; empty if there is none. */
  callId: string;
}

/** The last line of the client under test: how its task ended. */
export type Ending =
  | { result: JsonObject }
  | { error: ReportedError }
  | { canceled: true }
  /** The client has no such function, and why. */
  | { unsupported: string };

/** What the client under test printed. */
export interface Answer {
  events: BuildEvent[];
  /** The streamed outputs that it read completely, by index. */
  outputs: Map<number, Buffer>;
  ending: Ending;
}

/** Reads the lines of the client under test. */
export class AnswerReader {
  readonly #events: BuildEvent[] = [];
  readonly #outputs = new Map<number, Buffer>();
  #ending: Ending | undefined;

  /** The sequence number of the last event; 0 before the first one. */
  get lastSequence(): number {
    return Number(this.#events.at(-1)?.sequence ?? 0);
  }

  /** Reads a line. Throws an Error that says what is wrong with it. */
  add(line: string): void {
    if (this.#ending) throw new Error(`a line follows the last one: ${shown(line)}`);
    const value = parseLine(line);
    if (value.event !== undefined) {
      this.#events.push(fromJson(BuildEventSchema, value.event, { ignoreUnknownFields: true }));
    } else if (typeof value.output === "number" && typeof value.data === "string") {
      this.#outputs.set(value.output, Buffer.from(value.data, "base64"));
    } else {
      this.#ending = toEnding(value);
      if (!this.#ending) throw new Error(`a line is unknown: ${shown(line)}`);
    }
  }

  /** What was printed. Throws if the last line is missing. */
  answer(): Answer {
    if (!this.#ending) throw new Error("there is no line with the result or the error");
    return { events: this.#events, outputs: this.#outputs, ending: this.#ending };
  }
}

function parseLine(line: string): Record<string, JsonValue> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error(`a line is not JSON: ${shown(line)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`a line is no object: ${shown(line)}`);
  return value as Record<string, JsonValue>;
}

function toEnding(value: Record<string, JsonValue>): Ending | undefined {
  if (isJsonObject(value.result)) return { result: value.result };
  if (value.canceled === true) return { canceled: true };
  if (typeof value.unsupported === "string") return { unsupported: value.unsupported };
  if (!isJsonObject(value.error)) return undefined;
  const { code, reason, message, remedy, fields, metadata, retryAfterMs, callId } = value.error;
  return {
    error: {
      code: text(code),
      reason: text(reason),
      message: text(message),
      remedy: text(remedy),
      fields: (Array.isArray(fields) ? fields : []).filter(isJsonObject).map((field) => ({
        field: text(field.field),
        reason: text(field.reason),
        message: text(field.message),
        remedy: text(field.remedy),
      })),
      metadata: isJsonObject(metadata) ? (metadata as Record<string, string>) : {},
      retryAfterMs: typeof retryAfterMs === "number" ? retryAfterMs : 0,
      callId: text(callId),
    },
  };
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

function shown(line: string): string {
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
