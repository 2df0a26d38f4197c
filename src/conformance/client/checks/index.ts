import type { ClientCheck } from "../check.js";
import { addressChecks } from "./address.js";
import { errorChecks } from "./errors.js";
import { listChecks } from "./lists.js";
import { negotiationChecks } from "./negotiation.js";
import { runningChecks } from "./running.js";
import { startChecks } from "./start.js";
import { timeChecks } from "./time.js";
import { toleranceChecks } from "./tolerance.js";
import { uploadChecks } from "./uploads.js";
import { watchChecks } from "./watch.js";

/** All checks of clients, in the order in which they run. */
export const clientChecks: readonly ClientCheck[] = [
  ...addressChecks,
  ...negotiationChecks,
  ...startChecks,
  ...watchChecks,
  ...timeChecks,
  ...runningChecks,
  ...listChecks,
  ...errorChecks,
  ...toleranceChecks,
  ...uploadChecks,
];
