import { invalidField } from "../../errors/typed-error.js";

/** Most principals and groups of one builder. */
const maxPrincipals = 100;

/** At most 300 characters. */
const form =
  /^(local|(token|certificate|group):.{1,256}|project:[a-z][a-z0-9._-]{0,127}|oidc:[\w.-]{1,64}:.{1,230})$/;

/** Validates the principals that may use a builder; INVALID_ARGUMENT, reason PRINCIPAL_INVALID. */
export function checkPrincipals(principals: string[]): string[] {
  if (principals.length > maxPrincipals) {
    const message = `A builder takes at most ${maxPrincipals} principals and groups, not ${principals.length}.`;
    throw invalidField("allowed_principals", "PRINCIPAL_INVALID", message, "Use groups.");
  }
  for (const [index, principal] of principals.entries()) {
    if (form.test(principal)) continue;
    const message = `${JSON.stringify(principal)} is not a principal.`;
    const remedy = "Use token:NAME, certificate:SUBJECT, oidc:RULE:NAME, group:NAME, project:NAME or local.";
    throw invalidField(`allowed_principals[${index}]`, "PRINCIPAL_INVALID", message, remedy);
  }
  return [...new Set(principals)];
}
