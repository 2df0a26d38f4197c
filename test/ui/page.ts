import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { userEnvironment } from "../cli/slipway.js";
import { cli, type TestHost } from "../host/host.js";

/** A running `slipway ui`. */
export interface UiCommand {
  /** The link that it printed. */
  link: string;
  /** Interrupts it, and returns its exit code. */
  stop(): Promise<number | null>;
}

/** Runs `slipway ui`, or another command that serves the page, for a host, without a browser. */
export async function startUi(host: TestHost, args = ["ui", "--no-open"]): Promise<UiCommand> {
  const child = spawn(process.execPath, [cli, ...args], {
    env: userEnvironment(host, "engine29") as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close") as Promise<[number | null]>;
  const stop = async () => {
    child.kill("SIGINT");
    return (await ended)[0];
  };
  onTestFinished(async () => {
    if (child.exitCode === null) await stop();
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
  await expect.poll(() => text).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#once=[\w-]+(\/\S+)?\n/);
  return { link: text.trim(), stop };
}

/** What a page did that it must not do: errors, and requests to elsewhere. */
export interface Watched {
  faults: string[];
}

/** Notes the errors of a page, and its requests to other origins than those. */
export function watch(page: Page, origins: readonly string[]): Watched {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    // A call that the host refuses, or does not answer, is an error in the console too.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      faults.push(message.text());
  });
  page.on("dialog", (dialog) => {
    if (dialog.type() !== "confirm") faults.push(`${dialog.type()}: ${dialog.message()}`);
  });
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "blob:" && !origins.includes(origin)) faults.push(request.url());
  });
  return { faults };
}

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

interface Axe {
  run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
}

/** The rules of accessibility that a page breaks, with what breaks them, in light and in dark. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const source = await readFile(axe, "utf8");
  const faults: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // By the debugger, so that the page's own policy stays as it is.
    await page.evaluate(source);
    const found = await page.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
      );
    });
    faults.push(...found.map((fault) => `${colorScheme}: ${fault}`));
  }
  return faults;
}

/** Whether pictures are taken. */
export const picturesWanted = process.env.SLIPWAY_SCREENSHOTS !== undefined;

/**
 * Writes pictures of a page in light and dark to the folder `$SLIPWAY_SCREENSHOTS`, to look at; without it, does
 * nothing.
 */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.SLIPWAY_SCREENSHOTS;
  if (!folder) return;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) });
  }
}
