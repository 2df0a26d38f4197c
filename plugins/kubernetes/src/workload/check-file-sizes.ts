import type { Finding } from "slipway/driver";

/** A Secret may have 1 MiB; the rest is for its names. */
const maxFilesBytes = 1000 << 10;

/** Checks that the daemon's files fit in a Secret. */
export function checkFileSizes(files: Record<string, Uint8Array>): Finding[] {
  const total = Object.values(files).reduce((sum, file) => sum + file.length, 0);
  if (total <= maxFilesBytes) return [];
  return [
    {
      reason: "DAEMON_FILES_TOO_LARGE",
      field: "daemon_files",
      message: `The daemon's files have ${total} bytes in total; Kubernetes allows 1 MiB in a Secret.`,
      remedy: "Leave out certificates that are not needed.",
    },
  ];
}
