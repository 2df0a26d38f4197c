/** Lines of the log that are shown for a check. */
const shownLines = 5;

/** The last lines of logs that are worth showing. */
export function lastLines(...logs: string[]): string[] {
  return logs.flatMap((log) => log.split("\n").filter(Boolean)).slice(-shownLines);
}
