import { type BrowserContext, chromium as playwright } from "playwright-core";
import { programPath } from "./path.js";
import { stateVariable } from "./processes.js";

/** How a browser differs from a new user's. */
export interface BrowserOptions {
  /** Take certificates of authorities that it does not know. */
  anyCertificate?: boolean;
  /** Further arguments of Chromium. */
  args?: string[];
}

/** Launches a headless Chromium that keeps everything in `folder`. */
export async function launchChromium(
  folder: string,
  { anyCertificate, args = [] }: BrowserOptions = {},
): Promise<BrowserContext> {
  return playwright.launchPersistentContext(folder, {
    executablePath: programPath("chromium-headless-shell"),
    args,
    ignoreHTTPSErrors: anyCertificate,
    downloadsPath: folder,
    env: { ...process.env, HOME: folder, TMPDIR: folder, [stateVariable]: folder },
  });
}
