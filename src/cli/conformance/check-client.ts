import { clientChecks, describeClientCheck, runClientConformance } from "../../conformance/index.js";
import type { ConformanceFlags } from "./flags.js";
import { commandAfterDashes, listChecks, runKit } from "./run-kit.js";

/** `slipway conformance client` */
export async function checkClient(program: string[], flags: ConformanceFlags): Promise<void> {
  if (flags.list) return listChecks(clientChecks.map(describeClientCheck), flags);
  await runKit(flags, async (onResult) => {
    const command = commandAfterDashes(program, "client", "slipway conformance client -- ./my-client");
    return runClientConformance({ command, cwd: process.cwd(), only: flags.only, onResult });
  });
}
