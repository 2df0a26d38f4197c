/**
 * Closes parts one after another, each whatever happens to the others. Rejects when all have been tried: with the only
 * failure, or with an AggregateError of several.
 */
export async function closeAll(parts: Iterable<() => unknown>): Promise<void> {
  const failures: unknown[] = [];
  for (const close of parts) {
    try {
      await close();
    } catch (cause) {
      failures.push(cause);
    }
  }
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join(" "));
  if (failures.length > 0) throw failures[0];
}
