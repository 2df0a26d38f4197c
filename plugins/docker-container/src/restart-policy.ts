import { Code, driverError } from "slipway/driver";

/** A restart policy in the form of the Engine's API. */
export interface RestartPolicy {
  Name: string;
  MaximumRetryCount: number;
}

const names = ["no", "always", "unless-stopped", "on-failure"];

/** Parses a restart policy as `docker run --restart` does: "name[:retries]". Throws INVALID_ARGUMENT. */
export function parseRestartPolicy(text: string): RestartPolicy {
  const [, name = "", retries] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  if (!names.includes(name)) throw invalid(text, `expected ${names.join(", ")} or on-failure:RETRIES`);
  if (retries === undefined) return { Name: name, MaximumRetryCount: 0 };
  if (!/^\d{1,9}$/.test(retries)) throw invalid(text, "the number of retries must be a whole number");
  if (name !== "on-failure") throw invalid(text, "only on-failure can have a number of retries");
  return { Name: name, MaximumRetryCount: Number(retries) };
}

/** Writes a policy in its normal form. */
export function formatRestartPolicy({ Name, MaximumRetryCount }: RestartPolicy): string {
  return MaximumRetryCount > 0 ? `${Name}:${MaximumRetryCount}` : Name;
}

function invalid(text: string, why: string): Error {
  return driverError({
    code: Code.InvalidArgument,
    reason: "OPTION_INVALID",
    message: `The value "${text}" of the driver option restart-policy cannot be used: ${why}.`,
    remedy: "Use no, always, unless-stopped or on-failure[:RETRIES].",
  });
}
