import { type Finding, ok, warning } from "./finding.js";

/**
 * Checks who may use builders over TCP.
 * @param open names of the builders without a limit
 */
export function checkBuilderAccess(open: readonly string[]): Finding {
  if (open.length === 0) return ok("Each stored builder is limited to principals or groups.");
  const finding = warning(
    `Every client on TCP with the role builder may use these builders: ${open.join(", ")}.`,
    `Limit a builder to principals or groups: slipway access ${open[0]} group:NAME`,
  );
  return { ...finding, reason: "BUILDER_OPEN" };
}
