import { mkdir } from "node:fs/promises";
import { join } from "node:path";
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

/** How long the browser may take to start, and for each action, in milliseconds: more than on a busy machine. */
const patienceMs = 120_000;

/** Launches a headless Chromium with all its files in `folder`. It does not see how the machine's network changes. */
export async function launchChromium(
  folder: string,
  { anyCertificate, args = [] }: BrowserOptions = {},
): Promise<BrowserContext> {
  await mkdir(folder, { recursive: true });
  const browser = await playwright.launchPersistentContext(folder, {
    executablePath: join(import.meta.dirname, "without-netlink.py"),
    args,
    ignoreHTTPSErrors: anyCertificate,
    downloadsPath: folder,
    env: {
      ...process.env,
      HOME: folder,
      TMPDIR: folder,
      [stateVariable]: folder,
      WITHOUT_NETLINK: programPath("chromium-headless-shell"),
    },
    timeout: patienceMs,
  });
  browser.setDefaultTimeout(patienceMs);
  return browser;
}
