/**
 * A job of a CI system that has no secret of the host: it exchanges the ID token that the system issues for the job, and
 * exchanges the next one when its token ends.
 *
 *   SLIPWAY_HOST=https://… ID_TOKEN_FILE=… npx tsx job.ts FOLDER BUILDER
 */
import { readFile } from "node:fs/promises";
import { build, connect, exchangedTokens, localContext, readTypedError } from "slipway/client";

const [folder = "", builder = ""] = process.argv.slice(2);

/** Reads the file that Kubernetes keeps current with the token of the job's service account. */
async function idToken(): Promise<string> {
  return (await readFile(process.env.ID_TOKEN_FILE ?? "", "utf8")).trim();
}

try {
  const slipway = await connect({ tokens: exchangedTokens(idToken) });
  const context = await localContext(slipway, folder);
  await build(slipway, { builder, context, outputs: [{ exporter: { case: "cacheOnly", value: {} } }] });
  console.log("built");
  slipway.close();
} catch (cause) {
  const { reason, message } = readTypedError(cause);
  console.error(`${reason}: ${message}`);
  process.exitCode = 1;
}
