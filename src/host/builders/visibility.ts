import { create } from "@bufbuild/protobuf";
import { type Diagnostic, DiagnosticSchema, Severity } from "../../gen/slipway/common/v1/diagnostic_pb.js";
import type { BuilderRecord } from "../../gen/slipway/state/v1/builder_record_pb.js";
import type { BuilderInstance } from "../../gen/slipway/v1/builder_pb.js";
import { mayUse } from "../access/authorize.js";
import { hasRole } from "../access/principal.js";
import type { User } from "../access/user.js";

/**
 * Whether a user sees a builder and may use it. A builder that is not stored is the host user's own, such as the engine
 * on the host's machine: clients on other machines see it only when it has been opened to principals. Builders of the other
 * class of trust are seen by admins only, who manage them.
 */
export function isVisible(
  { implicit, origin, allowedPrincipals, untrusted }: BuilderRecord,
  { isLocal, principal }: User,
): boolean {
  const isPrivate = (implicit || origin !== "") && allowedPrincipals.length === 0;
  const isOfClass = hasRole(principal, "admin") || untrusted === (principal.isUntrusted ?? false);
  return isOfClass && (isLocal || !isPrivate) && mayUse(principal, allowedPrincipals);
}

/** The builder as a user may see it: who else may use it is for admins. */
export function shownTo({ principal }: User, builder: BuilderInstance): BuilderInstance {
  return hasRole(principal, "admin") ? builder : { ...builder, allowedPrincipals: [] };
}

/** What a user is told of why builders may be missing: what is wrong with plugins is for admins. */
export function diagnosticsFor({ principal }: User, diagnostics: Diagnostic[]): Diagnostic[] {
  if (hasRole(principal, "admin") || diagnostics.length === 0) return diagnostics;
  return [
    create(DiagnosticSchema, {
      severity: Severity.WARNING,
      reason: "PLUGIN_UNUSABLE",
      message: "A plugin of the host cannot be used, so builders may be missing.",
      remedy: "Ask the host's operator.",
    }),
  ];
}
