import { stat } from "node:fs/promises";
import { CheckOutcome, type CheckResult } from "../../../gen/slipway/v1/host_pb.js";
import { checkAccessFile } from "../../../host/diagnosis/access-file.js";
import { checkDatabase } from "../../../host/diagnosis/database.js";
import { checkDiskSpace } from "../../../host/diagnosis/disk-space.js";
import type { Outcome } from "../../../host/diagnosis/finding.js";
import { checkKeyFile } from "../../../host/diagnosis/key-file.js";
import { type Check, type Result, runCheck } from "../../../host/diagnosis/run-check.js";
import { checkSharedDatabase } from "../../../host/diagnosis/shared-database.js";
import { checkStateFolder } from "../../../host/diagnosis/state-folder.js";
import { defaultStateDir } from "../../../host-address/state-folder.js";
import { databaseUrl } from "../../serve/database-url.js";
import { stateKeyFile } from "../../serve/state-key-file.js";
import { accessFile } from "../../tokens/access-file.js";
import { askHost, type DoctorCheck, type DoctorContext } from "../doctor-check.js";

/**
 * The host's own checks of its files and folders. Without a host, those that its default options would use; what the
 * options of a host that an operator starts name is not known here.
 */
export const hostState: DoctorCheck = {
  id: "host-state",
  group: "Host",
  run: async (context) => {
    const { address, host } = context;
    const runs = await host.then(Boolean, () => true);
    if (!runs && address?.kind === "unix") return checkWithoutHost(address.path, context);
    return askHost<Result>(context, "The state of the host", async ({ host: service }) =>
      (await service.diagnose({})).results.map(toResult),
    );
  },
};

async function checkWithoutHost(socket: string, { env, timeoutMs }: DoctorContext): Promise<Result[]> {
  const folder = defaultStateDir(socket, env);
  const keys = stateKeyFile(undefined, env);
  const database = databaseUrl(undefined, { ...env });
  const access = accessFile(undefined);
  const hasAccess = await stat(access).then(Boolean, () => false);
  const checks: Check[] = [
    { id: "state-folder", run: () => checkStateFolder(folder) },
    { id: "disk-space", run: () => checkDiskSpace(folder) },
    { id: "database", run: () => checkDatabase(folder) },
    ...(database ? [{ id: "shared-database", run: () => checkSharedDatabase(database) }] : []),
    ...(keys ? [{ id: "state-key", run: () => checkKeyFile(keys) }] : []),
    ...(hasAccess ? [{ id: "access-file", run: () => checkAccessFile(access) }] : []),
  ];
  return (await Promise.all(checks.map((check) => runCheck(check, timeoutMs)))).flat();
}

function toResult({ check, outcome, message, remedy, reason }: CheckResult): Result {
  const name = CheckOutcome[outcome]?.toLowerCase() as Outcome;
  return { check, outcome: name, message, remedy: remedy || undefined, reason: reason || undefined };
}
