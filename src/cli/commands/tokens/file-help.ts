/** Help text of the flag --file, which all commands of `slipway tokens` have. */
export const fileHelp = "access file (default: $XDG_CONFIG_HOME/slipway/access.toml)";
