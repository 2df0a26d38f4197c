import { flagsConflict } from "../flags-conflict.js";
import { withHost } from "../host.js";
import { print } from "../output/print.js";

/** `slipway access` */
export async function runAccess(
  name: string,
  principals: string[],
  flags: { clear?: boolean },
): Promise<void> {
  const { clear = false } = flags;
  if (clear && principals.length > 0)
    throw flagsConflict("clear", "Principals and --clear exclude each other.");
  await withHost(async ({ builders }) => {
    const { builder } =
      principals.length > 0 || clear
        ? await builders.setBuilderAccess({ name, allowedPrincipals: clear ? [] : principals })
        : await builders.getBuilder({ name });
    const { allowedPrincipals = [], implicit = false } = builder ?? {};
    const everyone = implicit ? "only clients on this machine" : "everyone";
    print(`${allowedPrincipals.join("\n") || everyone}\n`);
  });
}
