import { QueueReason } from "../../../gen/slipway/v1/build_event_pb.js";
import type { Position } from "./place.js";
import {
  capOf,
  projectCap,
  type QueueCap,
  type QueueCaps,
  type QueueEntry,
  type Shares,
} from "./queue-policy.js";

/** How often builds that wait learn that their place has changed, in milliseconds. */
export const reportMs = 5_000;

/** Where an entry stands, and what it waits for. */
export function positionOf(entry: QueueEntry, place: number, shares: Shares, caps: QueueCaps): Position {
  // The cap of the host is what remains: those before it have what is free.
  const cap = capOf(entry, shares, caps) ?? "host";
  return { place, reason: reasons[cap], message: messageOf(entry, cap, caps) };
}

function messageOf(entry: QueueEntry, cap: QueueCap, caps: QueueCaps): string {
  const { project, builder } = entry;
  if (cap === "project")
    return `The project ${project} has as many running builds as it may: ${projectCap(entry, caps)}.`;
  if (cap === "builder")
    return `The builder ${builder} has as many running builds as it may: ${caps.builder(builder)}.`;
  return `The host has as many running builds as it may: ${caps.host}.`;
}

const reasons: Record<QueueCap, QueueReason> = {
  host: QueueReason.HOST,
  project: QueueReason.PROJECT,
  builder: QueueReason.BUILDER,
};
