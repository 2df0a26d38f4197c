/** The lines of a host's log about internal faults. Each has an incident number. */
export function incidentsOf(log: string): string[] {
  return log.split("\n").filter((line) => line.includes('"incident":'));
}
