/** `--timeout` of the commands that wait for nodes. */
export const timeoutFlag = "--timeout <duration>";

/** How long they wait without it, as in buildx, in milliseconds. */
export const defaultTimeoutMs = 20_000;
