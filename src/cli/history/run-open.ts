import { InputError } from "../../errors/input-error.js";
import { withHost } from "../host.js";
import { buildUrl, openPage, showsBuilds } from "./docker-desktop.js";
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
  await openPage(url);
}
