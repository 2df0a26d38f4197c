/** `--timeout` of the commands that wait for nodes. */
export const timeoutFlag = "--timeout <duration>";

/** Default of `--timeout` in milliseconds, as in buildx. */
export const defaultTimeoutMs = 20_000;
