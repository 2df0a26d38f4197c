import { withHost } from "../host.js";
import { print } from "../output/print.js";

/** `slipway builds cancel` */
export async function runBuildsCancel(ids: string[]): Promise<void> {
  await withHost(async ({ builds }) => {
    for (const id of ids) {
      const { build } = await builds.cancelBuild({ id });
      print(`${build!.id}\n`);
    }
  });
}
