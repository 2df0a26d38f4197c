import type { LiveText } from "./live-text.js";

/** A live text on stdout if that is a terminal. Loads the module only then, since it is slow to load. */
export async function openLiveText(): Promise<LiveText | undefined> {
  if (!process.stdout.isTTY) return undefined;
  const { LiveText } = await import("./live-text.js");
  return new LiveText(process.stdout);
}
