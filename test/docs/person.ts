/**
 * Uses the page of call-it.md as a person would: opens it, pastes the token, chooses the folder, presses the button, and
 * prints the result.
 *
 *   person.ts URL TOKEN_FILE FOLDER PROFILE
 */
import { readFile } from "node:fs/promises";
import { launchChromium } from "../lab/launch-chromium.js";
import { until } from "../lab/wait.js";

const [url, tokenFile, folder, profile] = process.argv.slice(2) as [string, string, string, string];
for (const server of [url, "http://127.0.0.1:8080"])
  await until(`${server} to answer`, () => fetch(server).then(() => true), { within: 240_000 });

const browser = await launchChromium(profile);
try {
  const page = await browser.newPage();
  await page.goto(url);
  await page.getByLabel("Token").fill((await readFile(tokenFile, "utf8")).trim());
  await page.getByLabel("Folder").setInputFiles(folder);
  await page.locator("#build").click();
  const log = page.locator("#log");
  await log.filter({ hasText: /^(sha256:|[A-Z]+[A-Z_]*: |.*rror: )/m }).waitFor({ timeout: 240_000 });
  console.log(await log.textContent());
} finally {
  await browser.close();
}
