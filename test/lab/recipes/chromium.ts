import { type BrowserContext, chromium as playwright } from "playwright-core";
import { ensurePackages } from "../packages.js";
import { stateVariable } from "../processes.js";

/** How a browser differs from a new user's. */
export interface BrowserOptions {
  /** Take certificates of authorities that it does not know. */
  anyCertificate?: boolean;
  /** Further arguments of Chromium. */
  args?: string[];
}

/** Installs Debian's Chromium without its windows, which is a fifth less to fetch. */
export async function chromium(): Promise<string> {
  await ensurePackages(["chromium-headless-shell"]);
  return "/usr/bin/chromium-headless-shell";
}

/** Launches a headless Chromium that keeps everything in `folder`. */
export async function launchChromium(
  folder: string,
  { anyCertificate, args = [] }: BrowserOptions = {},
): Promise<BrowserContext> {
  return playwright.launchPersistentContext(folder, {
    executablePath: await chromium(),
    args,
    ignoreHTTPSErrors: anyCertificate,
    downloadsPath: folder,
    env: { ...process.env, HOME: folder, TMPDIR: folder, [stateVariable]: folder },
  });
}
