import { mkdir, writeFile } from "node:fs/promises";
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
  const wrapper = join(import.meta.dirname, "without-netlink.py");
  const program = join(folder, "chromium");
  const command = [programPath("python3"), wrapper, programPath("chromium-headless-shell")];
  await mkdir(folder, { recursive: true });
  await writeFile(program, `#!/bin/sh\nexec ${command.map((word) => `'${word}'`).join(" ")} "$@"\n`, {
    mode: 0o755,
  });
  const browser = await playwright.launchPersistentContext(folder, {
    executablePath: program,
    args,
    ignoreHTTPSErrors: anyCertificate,
    downloadsPath: folder,
    env: { ...process.env, HOME: folder, TMPDIR: folder, [stateVariable]: folder },
    timeout: patienceMs,
  });
  browser.setDefaultTimeout(patienceMs);
  return browser;
}
