import { Code, driverError } from "slipway/driver";

/** When an Engine starts a container again, in its API's terms. */
export interface RestartPolicy {
  Name: string;
  MaximumRetryCount: number;
}

const names = ["no", "always", "unless-stopped", "on-failure"];

/** Reads a restart policy as `docker run --restart` does: "name[:retries]". What is none is INVALID_ARGUMENT. */
export function parseRestartPolicy(text: string): RestartPolicy {
  const [, name = "", retries] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  if (!names.includes(name)) throw invalid(text, `expected ${names.join(", ")} or on-failure:RETRIES`);
  if (retries === undefined) return { Name: name, MaximumRetryCount: 0 };
  if (!/^\d{1,9}$/.test(retries)) throw invalid(text, "the number of retries must be a whole number");
  if (name !== "on-failure") throw invalid(text, "only on-failure has a number of retries");
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
    message: `the value "${text}" of the option restart-policy cannot be used: ${why}`,
    remedy: "Write no, always, unless-stopped or on-failure[:RETRIES].",
  });
}
