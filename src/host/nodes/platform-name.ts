import type { Platform } from "../../gen/pb/ops_pb.js";

/** The name of a platform of BuildKit, such as "linux/arm/v7". */
export function platformName({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter(Boolean).join("/");
}
