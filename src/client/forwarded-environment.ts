import type { EnvironmentSettings } from "../gen/slipway/v1/host_pb.js";

/** The variables of an environment that the host asks for. */
export function forwardedEnvironment(
  asked: Partial<Pick<EnvironmentSettings, "variables">> | undefined,
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  return Object.fromEntries(
    (asked?.variables ?? []).flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
