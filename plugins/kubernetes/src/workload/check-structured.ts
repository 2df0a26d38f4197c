import { isObject } from "slipway/driver";

/** Throws an Error when a value is not an object or has other fields. */
export function checkOnlyFields(value: unknown, fields: string[]): void {
  if (!isObject(value)) throw new Error("expected an object");
  for (const field of Object.keys(value))
    if (!fields.includes(field)) throw new Error(`it has no field "${field}", only ${fields.join(", ")}`);
}

/** Throws an Error when a value is not a list of topology spread constraints. */
export function checkConstraints(list: unknown): void {
  if (!Array.isArray(list)) throw new Error("expected a list");
  for (const [index, constraint] of list.entries()) {
    const item = `constraint ${index + 1}`;
    if (!isObject(constraint)) throw new Error(`${item} is not an object`);
    if (!Number.isInteger(constraint.maxSkew) || (constraint.maxSkew as number) < 1)
      throw new Error(`${item}: maxSkew must be an integer of at least 1`);
    if (typeof constraint.topologyKey !== "string" || !constraint.topologyKey)
      throw new Error(`${item}: topologyKey is missing`);
    if (!["DoNotSchedule", "ScheduleAnyway"].includes(constraint.whenUnsatisfiable as string))
      throw new Error(`${item}: whenUnsatisfiable must be DoNotSchedule or ScheduleAnyway`);
  }
}
