import { InputError } from "../../errors/input-error.js";
import { hostAddress } from "../../host-address/address.js";
import { openLoopback, routeText } from "../../ui-server/loopback.js";
import { hasPage } from "../../ui-server/page-files.js";
import { openHost } from "../host.js";
import { openUrl } from "../output/open-url.js";
import { print, printError } from "../output/print.js";

/** The flags of `ui`. */
export interface UiFlags {
  port?: number;
  open: boolean;
}

/** `slipway ui` */
export async function runUi(flags: UiFlags): Promise<void> {
  await servePage({ ...flags, field: "--port", route: [] });
}

/** What is shown of the page, and where. */
export interface PageOptions extends UiFlags {
  /** The flag that sets the port. */
  field: string;
  /** The part of the page that is shown; empty for the first one. */
  route: readonly string[];
}

/** Serves the page on 127.0.0.1 until it is interrupted; for a host that serves it itself, only shows it. */
export async function servePage({ port, open, field, route }: PageOptions): Promise<void> {
  const address = hostAddress();
  if (address.kind === "tcp") {
    if (port !== undefined)
      throw new InputError({
        reason: "FLAGS_CONFLICT",
        field,
        message: `The host on ${address.url} serves the page itself.`,
        remedy: `Leave out ${field}.`,
      });
    await show(`${address.url}/${route.length > 0 ? `#${routeText(route)}` : ""}`, open);
    return;
  }
  if (!hasPage()) throw new Error("This installation has no web page: the folder dist/ui is missing.");
  // Starts one if none runs.
  (await openHost()).close();
  const page = await openLoopback({ socket: address.path, port: port ?? 0, route });
  try {
    const interrupted = new Promise((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, resolve);
    });
    await show(page.link, open);
    await interrupted;
  } finally {
    await page.close();
  }
}

/** Prints an address, and opens it in a browser. Reports when that fails; the user can open the address. */
async function show(url: string, open: boolean): Promise<void> {
  await print(`${url}\n`);
  if (open)
    await openUrl(url).catch((cause: Error) => printError(`No browser was opened: ${cause.message}\n`));
}
