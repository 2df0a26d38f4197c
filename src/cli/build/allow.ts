import { InputError } from "../../errors/input-error.js";

/** `--allow`: what BuildKit grants to the build, and what the CLI itself may do. */
export interface Allowed {
  entitlements: string[];
  /** Whether `mode=delete` may empty a folder outside of the working directory. */
  deleting: boolean;
}

const deleting = "buildx.local.delete";

/** Parses `--allow`. */
export function parseAllow(values: readonly string[] = []): Allowed {
  if (values.some((value) => value.startsWith(`${deleting}=`))) {
    throw new InputError({
      reason: "ENTITLEMENT_INVALID",
      field: "--allow",
      message: `${deleting} does not accept a value`,
      remedy: `Write --allow ${deleting}.`,
    });
  }
  return {
    entitlements: values.filter((value) => value && value !== deleting),
    deleting: values.includes(deleting),
  };
}
