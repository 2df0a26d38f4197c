/** The version of a driver's configuration schema; a descriptor without one has version 1. */
export function configVersionOf({ configVersion }: { configVersion?: number }): number {
  return configVersion || 1;
}
