import type { BrowserContext } from "playwright-core";
import { onTestFinished } from "vitest";
import { tempDir } from "./index.js";
import { type BrowserOptions, launchChromium } from "./launch-chromium.js";

export type { BrowserOptions };

/** Opens a headless Chromium with a new profile; it is closed at the end of the test. */
export async function openBrowser(options?: BrowserOptions): Promise<BrowserContext> {
  const browser = await launchChromium(await tempDir(), options);
  onTestFinished(() => browser.close());
  return browser;
}
