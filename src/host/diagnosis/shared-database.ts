import { type Finding, ok, warning } from "./finding.js";

/** Checks that nobody else on the network reaches the connection to a database that hosts share. Does not connect. */
export async function checkSharedDatabase(url: string): Promise<Finding> {
  // Hosts without one load nothing of its client.
  const [{ readDatabaseUrl }, { exposureOf }] = await Promise.all([
    import("../database/database-url.js"),
    import("../database/exposure.js"),
  ]);
  const database = readDatabaseUrl(url);
  const exposure = exposureOf(database);
  if (exposure) return warning(exposure, "Add sslmode=verify-full to its URL.");
  return ok(`The connection to the database ${database.name} is safe from others on the network.`);
}
