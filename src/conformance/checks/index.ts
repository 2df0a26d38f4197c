import type { Check } from "../check.js";
import { absentChecks } from "./absent.js";
import { acquireChecks } from "./acquire.js";
import { addressChecks } from "./addresses.js";
import { bootstrapChecks } from "./bootstrap.js";
import { callChecks } from "./calls.js";
import { capabilityChecks } from "./capabilities.js";
import { changeChecks } from "./changes.js";
import { driversChecks } from "./drivers.js";
import { endChecks } from "./end.js";
import { faultChecks } from "./faults.js";
import { handshakeChecks } from "./handshake.js";
import { imageDataChecks } from "./image-archives.js";
import { imageNameChecks } from "./image-names.js";
import { imageStoreChecks } from "./image-store.js";
import { imageTransferChecks } from "./image-transfers.js";
import { implicitChecks } from "./implicit.js";
import { leaseEventChecks } from "./lease-events.js";
import { leaseChecks } from "./leases.js";
import { lifeChecks } from "./life.js";
import { logChecks } from "./log.js";
import { nativeBuildChecks } from "./native-build.js";
import { robustnessChecks } from "./robustness.js";
import { schemaChecks } from "./schema.js";
import { startChecks } from "./start.js";
import { tlsChecks } from "./tls.js";
import { unknownRequestChecks } from "./unknown-requests.js";
import { upgradeChecks } from "./upgrade.js";
import { validateChecks } from "./validate.js";
import { validateValuesChecks } from "./validate-values.js";

/** All checks in the order in which they run: the node's life cycle in order, and logs last. */
export const checks: readonly Check[] = [
  ...startChecks,
  ...tlsChecks,
  ...handshakeChecks,
  ...capabilityChecks,
  ...schemaChecks,
  ...validateChecks,
  ...validateValuesChecks,
  ...upgradeChecks,
  ...driversChecks,
  ...callChecks,
  ...robustnessChecks,
  ...unknownRequestChecks,
  ...implicitChecks,
  ...absentChecks,
  ...bootstrapChecks,
  ...acquireChecks,
  ...leaseChecks,
  ...leaseEventChecks,
  ...imageStoreChecks,
  ...imageDataChecks,
  ...imageNameChecks,
  ...imageTransferChecks,
  ...faultChecks,
  ...addressChecks,
  ...changeChecks,
  ...nativeBuildChecks,
  ...lifeChecks,
  ...endChecks,
  ...logChecks,
];
