/**
 * A tour of the API: negotiate, choose a builder by its features, build a folder with a secret and a build argument,
 * save the result as a tar archive, cancel a build, and list the build cache.
 */
import { build, readOutput, retry } from "./build.js";
import { upload } from "./upload.js";

/**
 * Takes the tour.
 * @param api client of the host: Connect or GrpcWeb
 * @param input `{ files, secret, greeting, baseImage }`
 * @param say prints a line
 * @returns the archive as a Blob
 */
export async function tour(api, { files, secret, greeting, baseImage }, say) {
  const { host, limits } = await api.call("HostService/Negotiate", {
    client: { name: "browser-example", version: "1.0.0" },
    requiredCapabilities: ["builds", "uploads.manifest", "outputs.stream"],
  });
  say(`host: ${host.name} ${host.version}`);
  const builder = await chooseBuilder(api, "exporter.image");
  say(`builder: ${builder}`);

  const context = await upload(api, files, Number(limits.maxChunkBytes));
  say(`uploaded: ${context.sent} bytes`);
  const archive = await save(api, say, {
    builder,
    context: { upload: context.id },
    buildArgs: { GREETING: greeting },
    secrets: [{ id: "token", value: new TextEncoder().encode(secret).toBase64() }],
    outputs: [{ tar: {}, stream: {} }],
  });
  say(`archive: ${archive.size} bytes`);

  await cancelOne(api, builder, baseImage);
  say("cancelled");
  const sizes = [];
  for await (const { records = [] } of pages(api, "BuilderService/GetDiskUsage", { builder }))
    sizes.push(...records.map(({ sizeBytes = "0" }) => Number(sizeBytes)));
  say(`cache: ${sizes.length} records, ${sizes.reduce((sum, size) => sum + size, 0)} bytes`);
  return archive;
}

/** The first builder with a running node that has a feature. */
async function chooseBuilder(api, feature) {
  for await (const { builders = [] } of pages(api, "BuilderService/ListBuilders", { inspect: true })) {
    const found = builders.find(({ nodes = [] }) =>
      nodes.some(({ status }) => status?.features?.some(({ id, supported }) => id === feature && supported)),
    );
    if (found) return found.name;
  }
  throw new Error(`no builder has the feature ${feature}`);
}

/** The answers of a list method, page by page, to the end. */
async function* pages(api, method, request) {
  let pageToken = "";
  do {
    const page = await api.call(method, { ...request, pageToken });
    yield page;
    pageToken = page.nextPageToken ?? "";
  } while (pageToken);
}

/** Builds, prints completed steps, and collects the streamed output. */
async function save(api, say, spec) {
  const chunks = [];
  const keep = async (id, output = 0) => {
    for await (const chunk of readOutput(api, id, output)) chunks.push(chunk);
  };
  let kept;
  await build(api, spec, ({ outputReady, progress }, id) => {
    if (outputReady) kept = keep(id, outputReady.output);
    for (const { name, endTime } of progress?.vertexes ?? []) if (endTime) say(`step: ${name}`);
  });
  await kept;
  return new Blob(chunks, { type: "application/x-tar" });
}

/** Starts a long build, and cancels it when its step runs. */
async function cancelOne(api, builder, baseImage) {
  const spec = {
    builder,
    context: { empty: {} },
    dockerfile: { content: new TextEncoder().encode(`FROM ${baseImage}\nRUN sleep 300\n`).toBase64() },
    outputs: [{ cacheOnly: {} }],
    noCache: true,
  };
  let cancelled;
  const building = build(api, spec, ({ progress }, id) => {
    const runs = progress?.vertexes?.some(
      ({ name, startTime }) => startTime && name.includes("RUN sleep 300"),
    );
    if (runs) cancelled ??= retry(() => api.call("BuildService/CancelBuild", { id }));
  });
  const error = await building.then(
    () => new Error("The build ended before it was cancelled."),
    (cause) => cause,
  );
  await cancelled;
  if (error.reason !== "CANCELED") throw error;
}
