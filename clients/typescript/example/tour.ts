/**
 * A tour of the API: negotiate, choose a builder by its features, build a folder with a secret and a build argument,
 * save the result as a tar archive, cancel a build, and list the build cache.
 *
 *   npx tsx tour.ts FOLDER OUT.tar
 */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { build, connect, localContext, pages, readTypedError, type Slipway } from "slipway/client";

const [folder = "", archive = ""] = process.argv.slice(2);
const { TOKEN = "", BASE_IMAGE = "" } = process.env;

/** The first builder with a running node that has a feature. */
async function chooseBuilder({ builders, environment }: Slipway, feature: string): Promise<string> {
  for await (const page of pages((page) => builders.listBuilders({ environment, inspect: true, ...page }))) {
    const found = page.builders.find(({ nodes }) =>
      nodes.some(({ status }) => status?.features.some(({ id, supported }) => id === feature && supported)),
    );
    if (found) return found.name;
  }
  throw new Error(`no builder has the feature ${feature}`);
}

/** Builds, prints completed steps, and writes the streamed output to a file. */
async function save(slipway: Slipway, builder: string): Promise<void> {
  const chunks = async function* (id: string, output: number) {
    for await (const { data } of slipway.builds.readOutput({ id, output })) yield data;
  };
  let written: Promise<void> | undefined;
  const spec = {
    builder,
    context: await localContext(slipway, folder),
    buildArgs: { GREETING: "hello" },
    secrets: [{ id: "token", value: Buffer.from(TOKEN) }],
    outputs: [
      { exporter: { case: "tar" as const, value: {} }, destination: { case: "stream" as const, value: {} } },
    ],
  };
  await build(slipway, spec, {
    onEvent({ event }, id) {
      if (event.case === "outputReady") {
        written = pipeline(Readable.from(chunks(id, event.value.output)), createWriteStream(archive));
      }
      for (const { name, endTime } of event.case === "progress" ? event.value.vertexes : []) {
        if (endTime) console.log(`step: ${name}`);
      }
    },
  });
  await written;
}

/** Starts a long build, and cancels it when its step runs. */
async function cancelOne(slipway: Slipway, builder: string): Promise<void> {
  const stop = new AbortController();
  const spec = {
    builder,
    context: { source: { case: "empty" as const, value: {} } },
    dockerfile: {
      source: { case: "content" as const, value: Buffer.from(`FROM ${BASE_IMAGE}\nRUN sleep 300\n`) },
    },
    outputs: [{ exporter: { case: "cacheOnly" as const, value: {} } }],
    noCache: true,
  };
  const building = build(slipway, spec, {
    signal: stop.signal,
    onEvent({ event }) {
      for (const { name, startTime } of event.case === "progress" ? event.value.vertexes : [])
        if (startTime && name === "[2/2] RUN sleep 300") stop.abort();
    },
  });
  const error = await building.then(
    () => undefined,
    (cause) => cause,
  );
  if (!stop.signal.aborted) throw error;
  console.log("cancelled");
}

try {
  const slipway = await connect({ requiredCapabilities: ["builds", "outputs.stream"] });
  const builder = await chooseBuilder(slipway, "exporter.image");
  console.log(`builder: ${builder}`);
  await save(slipway, builder);
  await cancelOne(slipway, builder);
  const usage = { builder, environment: slipway.environment };
  const sizes: bigint[] = [];
  for await (const { records } of pages((page) => slipway.builders.getDiskUsage({ ...usage, ...page })))
    sizes.push(...records.map(({ sizeBytes }) => sizeBytes));
  console.log(`cache: ${sizes.length} records, ${sizes.reduce((sum, size) => sum + size, 0n)} bytes`);
  slipway.close();
} catch (cause) {
  const { reason, message } = readTypedError(cause);
  console.error(`${reason}: ${message}`);
  process.exitCode = 1;
}
