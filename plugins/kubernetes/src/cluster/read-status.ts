import type { V1Status } from "@kubernetes/client-node";

/** Reads the API server's Status object; the answer of a proxy in front of it becomes the message. */
export function readStatus(body: string): Partial<V1Status> {
  try {
    const status = JSON.parse(body);
    if (typeof status?.status === "string") return status;
  } catch {}
  return { message: body.trim().slice(0, 300) };
}
