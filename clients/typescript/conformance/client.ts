/**
 * The client under test of `slipway conformance client`: does one task, which it reads from stdin as JSON, and prints
 * what happens as lines of JSON. docs/conformance.md has the contract.
 *
 *   slipway conformance client -- npx tsx client.ts
 */
import { json } from "node:stream/consumers";
import { fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import {
  BuildEventSchema,
  BuildResultSchema,
  BuildSpecSchema,
  build,
  codeName,
  connect,
  localContext,
  pages,
  readTypedError,
  type Slipway,
} from "slipway/client";

interface Task {
  command: string;
  requiredCapabilities?: string[];
  spec?: JsonValue;
  folder?: string;
  cancelAt?: number;
  timeoutMs?: number;
}

const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function run(slipway: Slipway, task: Task): Promise<object> {
  const { command, spec = {}, folder, cancelAt, timeoutMs } = task;
  switch (command) {
    case "list-builders": {
      const names: string[] = [];
      for await (const { builders } of pages((page) => slipway.builders.listBuilders(page, { timeoutMs })))
        names.push(...builders.map(({ name }) => name));
      return { result: { builders: names } };
    }
    case "build":
      return runBuild(slipway, spec, folder, cancelAt);
    default:
      return { unsupported: `There is no command ${command}.` };
  }
}

async function runBuild(
  slipway: Slipway,
  json: JsonValue,
  folder?: string,
  cancelAt?: number,
): Promise<object> {
  const spec = fromJson(BuildSpecSchema, json);
  if (folder) spec.context = await localContext(slipway, folder);
  const stop = new AbortController();
  const reads: Promise<void>[] = [];
  const read = async (id: string, output: number) => {
    const chunks: Uint8Array[] = [];
    for await (const { data } of slipway.builds.readOutput({ id, output })) chunks.push(data);
    print({ output, data: Buffer.concat(chunks).toString("base64") });
  };
  const building = build(slipway, spec, {
    signal: stop.signal,
    onEvent(event, id) {
      print({ event: toJson(BuildEventSchema, event) });
      if (event.event.case === "outputReady") {
        const reading = read(id, event.event.value.output);
        // Reported when the build has ended.
        reading.catch(() => {});
        reads.push(reading);
      }
      if (Number(event.sequence) === cancelAt) stop.abort();
    },
  });
  try {
    const result = await building;
    await Promise.all(reads);
    return { result: toJson(BuildResultSchema, result) };
  } catch (cause) {
    if (stop.signal.aborted) return { canceled: true };
    throw cause;
  }
}

function toLine(cause: unknown): object {
  const { code, reason, message, remedy, fields, metadata, retryAfterMs, callId } = readTypedError(cause);
  return { error: { code: codeName(code), reason, message, remedy, fields, metadata, retryAfterMs, callId } };
}

const task = (await json(process.stdin)) as Task;
try {
  const { requiredCapabilities } = task;
  const slipway = await connect({ requiredCapabilities });
  print(await run(slipway, task));
  slipway.close();
} catch (cause) {
  print(toLine(cause));
}
