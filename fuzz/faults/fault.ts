import fc from "fast-check";

/** One fault of a link: what happens to the unit that passes it as the `unit`-th since it was armed. */
export interface Fault {
  /** `request`: from the side that connects. */
  direction: "request" | "response";
  unit: number;
  action: Action;
}

/** What happens to a unit: a frame of HTTP/2, or a chunk of another protocol. `at` is taken modulo the length. */
export type Action =
  /** The direction continues after this time. */
  | { kind: "delay"; ms: number }
  /** Nothing passes any more in this direction; the connection stays open. */
  | { kind: "stall" }
  /** Both sides see the end of the stream. */
  | { kind: "close" }
  /** One side sees the end of the stream; the other direction stays open. */
  | { kind: "half-close" }
  /** RST on TCP; on a unix socket the connection closes at once. */
  | { kind: "reset" }
  /** A prefix of the unit passes, then the stream ends. */
  | { kind: "truncate"; at: number }
  | { kind: "drop" }
  | { kind: "duplicate" }
  /** The unit passes after the next one. */
  | { kind: "reorder" }
  /** Changes one byte anywhere in the unit. */
  | { kind: "byte"; at: number; bits: number }
  /** These change one field of the frame header. */
  | { kind: "type"; value: number }
  | { kind: "flags"; bits: number }
  | { kind: "stream"; id: number }
  | { kind: "length"; delta: number }
  /** Changes one byte after the frame header. */
  | { kind: "payload"; at: number; bits: number }
  /** Another frame passes before the unit. */
  | { kind: "insert"; type: number; flags: number; id: number; payload: Uint8Array };

/** Faults that end the connection, so that both sides learn of them. */
export const cuts: ReadonlySet<Action["kind"]> = new Set(["close", "reset", "truncate"]);

const of = <K extends Action["kind"]>(kind: K) => fc.record({ kind: fc.constant(kind) });
const kind = <K extends Action["kind"]>(name: K) => ({ kind: fc.constant(name) });
const byte = fc.integer({ min: 0, max: 255 });
const bits = fc.integer({ min: 1, max: 255 });
const at = fc.nat(1 << 20);
const streamId = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(0x7fff_ffff, 0xffff_ffff));
/** The known types, and one that is unknown. */
const frameType = fc.integer({ min: 0, max: 10 });

/** Faults of any byte stream. */
const byteActions: fc.Arbitrary<Action>[] = [
  fc.record({ ...kind("delay"), ms: fc.integer({ min: 1, max: 300 }) }),
  of("stall"),
  of("close"),
  of("half-close"),
  of("reset"),
  fc.record({ ...kind("truncate"), at }),
  of("drop"),
  of("duplicate"),
  of("reorder"),
  fc.record({ ...kind("byte"), at, bits }),
];

/** Faults of HTTP/2 frames. */
const frameActions: fc.Arbitrary<Action>[] = [
  fc.record({ ...kind("type"), value: frameType }),
  fc.record({ ...kind("flags"), bits }),
  fc.record({ ...kind("stream"), id: streamId }),
  fc.record({ ...kind("length"), delta: fc.constantFrom(-9, -5, -1, 1, 5, 9, 1 << 14, 1 << 23) }),
  fc.record({ ...kind("payload"), at, bits }),
  fc.record({
    ...kind("insert"),
    type: frameType,
    flags: byte,
    id: streamId,
    payload: fc.uint8Array({ maxLength: 40 }),
  }),
];

/** Early units are likelier: there the two sides agree on the connection, and calls begin. */
const unit = fc.oneof(fc.nat(8), fc.nat(40), fc.nat(150));

const faultsOf = (actions: fc.Arbitrary<Action>[]): fc.Arbitrary<Fault[]> =>
  fc.array(
    fc.record({ direction: fc.constantFrom("request", "response"), unit, action: fc.oneof(...actions) }),
    { minLength: 1, maxLength: 3 },
  );

/** Faults of a link whose frames are visible. */
export const http2Faults = faultsOf([...byteActions, ...frameActions]);
/** Faults of a link with another protocol, or with encryption. */
export const byteFaults = faultsOf(byteActions);
