import type { Platform } from "../../gen/pb/ops_pb.js";

/** A platform of BuildKit as text: "linux/arm/v7". */
export function platformName({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter(Boolean).join("/");
}
