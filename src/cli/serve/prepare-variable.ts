/**
 * Variable with the name of the builder that a host prepares at its start; the default builder when empty. A command that
 * starts a host for a build sets it.
 */
export const prepareVariable = "SLIPWAY_PREPARE";
