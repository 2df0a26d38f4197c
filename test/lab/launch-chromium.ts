import { type BrowserContext, chromium as playwright } from "playwright-core";
import { programPath } from "./path.js";
import { stateVariable } from "./processes.js";

/** Differences from the browser of a new user. */
export interface BrowserOptions {
  /** Accept certificates of unknown authorities. */
  anyCertificate?: boolean;
  /** Additional arguments of Chromium. */
  args?: string[];
}

/** Launches a headless Chromium with all its files in `folder`. */
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
