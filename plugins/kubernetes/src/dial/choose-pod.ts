import { createHash, randomInt } from "node:crypto";

/**
 * Pods in the order in which they are tried for a key. "sticky" is rendezvous hashing: a key keeps its pod while the pod
 * exists, and when a pod is added or removed only its keys move.
 */
export function rankPods<T>(
  pods: T[],
  nameOf: (pod: T) => string,
  balance: "sticky" | "random",
  key: string,
): T[] {
  const weight =
    balance === "random"
      ? () => String(randomInt(2 ** 47)).padStart(15, "0")
      : (name: string) => digest(key, name);
  return pods
    .map((pod) => ({ pod, weight: weight(nameOf(pod)) }))
    .sort((a, b) => (a.weight < b.weight ? 1 : -1))
    .map(({ pod }) => pod);
}

function digest(key: string, name: string): string {
  return createHash("sha256").update(`${key}\0${name}`).digest("hex");
}
