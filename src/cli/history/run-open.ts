import { InputError } from "../../errors/input-error.js";
import { withHost } from "../host.js";
import { openUrl } from "../output/open-url.js";
import { printError } from "../output/print.js";
import { buildUrl, showsBuilds } from "./docker-desktop.js";
import { recordRef } from "./records.js";

/** `slipway history open` */
export async function runHistoryOpen(ref: string | undefined, flags: { builder?: string }): Promise<void> {
  const { record } = await withHost(({ history, environment }) =>
    history.getHistoryRecord({ builder: flags.builder, environment, ref }),
  );
  const url = buildUrl(recordRef(record!));
  if (!(await showsBuilds())) {
    throw new InputError({
      reason: "DESKTOP_MISSING",
      field: "",
      message: "Docker Desktop, which shows the page of a build, is not on this machine.",
      remedy: `Use \`slipway history inspect ${record!.ref}\`, \`history logs\` or \`history trace\`.`,
    });
  }
  try {
    await openUrl(url);
  } catch (cause) {
    printError(`${url}\n`);
    throw new InputError({
      reason: "DESKTOP_MISSING",
      field: "",
      message: `The page cannot be opened: ${(cause as Error).message}`,
      remedy: "Open the address above on the machine of Docker Desktop.",
      cause,
    });
  }
}
