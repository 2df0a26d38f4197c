import type { Action } from "./fault.js";
import { headerBytes } from "./units.js";

/** What passes instead of a unit, and what happens then. */
export interface Effect {
  send: Buffer[];
  /** Passes after the next unit. */
  hold?: Buffer;
  /** How long to wait before sending, in milliseconds. */
  waitMs?: number;
  /** How the stream ends after sending. */
  end?: "close" | "half-close" | "reset" | "stall";
}

/** Applies a fault to a unit, which is not changed itself. */
export function apply(action: Action, unit: Buffer): Effect {
  switch (action.kind) {
    case "delay":
      return { send: [unit], waitMs: action.ms };
    case "stall":
    case "close":
    case "half-close":
    case "reset":
      return { send: [], end: action.kind };
    case "truncate":
      return { send: [unit.subarray(0, action.at % unit.length)], end: "close" };
    case "drop":
      return { send: [] };
    case "duplicate":
      return { send: [unit, unit] };
    case "reorder":
      return { send: [], hold: unit };
    case "insert":
      return { send: [frame(action), unit] };
    default:
      return { send: [mutate(action, Buffer.from(unit))] };
  }
}

type Mutation = Extract<Action, { kind: "byte" | "type" | "flags" | "stream" | "length" | "payload" }>;

/** A unit that is too short for a mutation passes unchanged. */
function mutate(action: Mutation, unit: Buffer): Buffer {
  if (action.kind === "byte") return flip(unit, action.at % unit.length, action.bits);
  if (unit.length < headerBytes) return unit;
  switch (action.kind) {
    case "type":
      unit[3] = action.value;
      return unit;
    case "flags":
      return flip(unit, 4, action.bits);
    case "stream":
      unit.writeUInt32BE(action.id, 5);
      return unit;
    case "length":
      unit.writeUIntBE((unit.readUIntBE(0, 3) + action.delta) & 0xff_ff_ff, 0, 3);
      return unit;
    case "payload":
      if (unit.length === headerBytes) return unit;
      return flip(unit, headerBytes + (action.at % (unit.length - headerBytes)), action.bits);
  }
}

function flip(unit: Buffer, at: number, bits: number): Buffer {
  unit[at]! ^= bits;
  return unit;
}

function frame({ type, flags, id, payload }: Extract<Action, { kind: "insert" }>): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(id, 5);
  return Buffer.concat([header, payload]);
}
