import { randomUUID } from "node:crypto";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { create, fromJson, toJson } from "@bufbuild/protobuf";
import {
  type CallOptions,
  type Client,
  Code,
  type ConnectError,
  createClient,
  type Transport,
} from "@connectrpc/connect";
import { connectHost } from "../../../src/client/connect.js";
import { pages } from "../../../src/client/pages.js";
import { uploadFolder } from "../../../src/client/upload.js";
import type { ReportedError, Task } from "../../../src/conformance/client/contract.js";
import { codeName, encodeError, readTypedError } from "../../../src/errors/typed-error.js";
import type { BuildError } from "../../../src/gen/slipway/build/v1/build_error_pb.js";
import { BuildResultSchema } from "../../../src/gen/slipway/build/v1/build_result_pb.js";
import { type BuildSpec, BuildSpecSchema } from "../../../src/gen/slipway/build/v1/build_spec_pb.js";
import { type Context, ContextSchema } from "../../../src/gen/slipway/build/v1/context_pb.js";
import { type BuildEvent, BuildEventSchema } from "../../../src/gen/slipway/v1/build_event_pb.js";
import { BuildService } from "../../../src/gen/slipway/v1/build_pb.js";
import { BuilderService } from "../../../src/gen/slipway/v1/builder_pb.js";
import { HostService, type NegotiateResponse } from "../../../src/gen/slipway/v1/host_pb.js";
import { UploadService } from "../../../src/gen/slipway/v1/upload_pb.js";
import { hostAddress } from "../../../src/host-address/address.js";

/** Why a cancelled build ends. */
class Cancelled extends Error {}

/** A client without a fault. A faulty one replaces one method. */
export class SampleClient {
  protected offer!: NegotiateResponse;
  protected builds!: Client<typeof BuildService>;
  protected builders!: Client<typeof BuilderService>;
  protected host!: Client<typeof HostService>;
  protected uploads!: Client<typeof UploadService>;

  async run(task: Task): Promise<object> {
    const transport = await this.open(process.env);
    this.builds = createClient(BuildService, transport);
    this.builders = createClient(BuilderService, transport);
    this.host = createClient(HostService, transport);
    this.uploads = createClient(UploadService, transport);
    this.offer = await this.negotiate(task.requiredCapabilities ?? []);
    if (task.command === "list-builders") return { result: { builders: await this.list(this.limit(task)) } };
    try {
      return await this.build(task);
    } catch (cause) {
      if (cause instanceof Cancelled) return { canceled: true };
      throw cause;
    }
  }

  async open(env: NodeJS.ProcessEnv): Promise<Transport> {
    return (await connectHost(hostAddress(env))).transport;
  }

  async negotiate(requiredCapabilities: string[]): Promise<NegotiateResponse> {
    return this.host.negotiate({ client: { name: "sample", version: "1.0.0" }, requiredCapabilities });
  }

  limit({ timeoutMs }: Task): CallOptions {
    return { timeoutMs };
  }

  async list(options: CallOptions): Promise<string[]> {
    const names: string[] = [];
    for await (const { builders } of pages((page) => this.builders.listBuilders(page, options)))
      names.push(...builders.map(({ name }) => name));
    return names;
  }

  async build({ spec: json = {}, folder, cancelAt }: Task): Promise<object> {
    const spec = fromJson(BuildSpecSchema, json);
    Object.assign(spec.environment, this.environment());
    if (folder) spec.context = await this.context(folder);
    const id = await this.start(spec);
    const reads: Promise<void>[] = [];
    for await (const event of this.watch(id)) {
      this.show(event);
      if (event.event.case === "outputReady") {
        const reading = this.read(id, event.event.value.output);
        // Reported when the build has ended.
        reading.catch(() => {});
        reads.push(reading);
      }
      if (Number(event.sequence) === cancelAt) {
        await this.cancel(id);
        throw new Cancelled();
      }
      if (event.event.case !== "finished") continue;
      const { result, error } = event.event.value;
      if (error) throw this.failure(error);
      await Promise.all(reads);
      return { result: toJson(BuildResultSchema, result!) };
    }
    throw new Error("no end");
  }

  environment(): Record<string, string> {
    const asked = this.offer.environment?.variables ?? [];
    const set = asked.filter((name) => process.env[name] !== undefined);
    return Object.fromEntries(set.map((name) => [name, process.env[name]!]));
  }

  requestId(): string {
    return randomUUID();
  }

  async start(spec: BuildSpec): Promise<string> {
    const request = { requestId: this.requestId(), spec };
    for (let attempt = 0; ; attempt++) {
      try {
        return (await this.builds.startBuild(request)).build!.id;
      } catch (cause) {
        if (attempt === 5 || !this.isLost(cause)) throw cause;
        await this.pause(attempt, this.asked(cause));
      }
    }
  }

  async *watch(id: string): AsyncGenerator<BuildEvent> {
    let next = 1n;
    for (let attempt = 0; ; attempt++) {
      let asked = 0;
      try {
        for await (const { event } of this.builds.watchBuild({ id, fromSequence: this.from(next) })) {
          next = event!.sequence + 1n;
          yield event!;
          if (event!.event.case === "finished") return;
        }
        this.unfinished();
      } catch (cause) {
        if (attempt === 5 || !this.isWatchLost(cause)) throw cause;
        asked = this.asked(cause);
      }
      await this.pause(attempt, asked);
    }
  }

  from(next: bigint): bigint {
    return next;
  }

  unfinished(): void {}

  isLost(cause: unknown): boolean {
    const { code, domain, reason } = readTypedError(cause);
    const isBroken = [Code.Unavailable, Code.Internal, Code.Unknown, Code.Canceled].includes(code);
    const isLostReason = ["HOST_STOPPING", "HOST_CONNECTION_LOST", "HOST_NOT_RUNNING"].includes(reason);
    return domain ? isLostReason : isBroken;
  }

  isWatchLost(cause: unknown): boolean {
    return this.isLost(cause) || readTypedError(cause).reason === "TOKEN_EXPIRED";
  }

  /** The delay that the host asks for, in milliseconds. */
  asked(cause: unknown): number {
    return readTypedError(cause).retryAfterMs ?? 0;
  }

  async pause(attempt: number, asked: number): Promise<void> {
    await sleep(Math.max(asked, 100 * 2 ** attempt));
  }

  async cancel(id: string): Promise<void> {
    await this.builds.cancelBuild({ id });
  }

  async read(id: string, output: number): Promise<void> {
    const data = Buffer.concat(await this.chunks(id, output)).toString("base64");
    print({ output, data });
  }

  async chunks(id: string, output: number): Promise<Uint8Array[]> {
    const chunks: Uint8Array[] = [];
    for await (const { data } of this.builds.readOutput({ id, output })) chunks.push(data);
    return chunks;
  }

  async context(folder: string): Promise<Context> {
    const isLocal = this.offer.capabilities.some(({ id }) => id === "paths.local");
    const source = isLocal
      ? { case: "path" as const, value: folder }
      : { case: "upload" as const, value: await this.upload(folder) };
    return create(ContextSchema, { source });
  }

  async upload(folder: string): Promise<string> {
    const maxChunkBytes = this.offer.limits?.maxChunkBytes;
    return (await uploadFolder(this.uploads, folder, { maxChunkBytes })).id;
  }

  show(event: BuildEvent): void {
    print({ event: toJson(BuildEventSchema, event) });
  }

  failure({ code, reason, message, remedy, field }: BuildError): ConnectError {
    const fields = field ? [{ field, message }] : [];
    return encodeError({ code: code in Code ? code : Code.Unknown, reason, message, remedy, fields });
  }

  describe(cause: unknown): ReportedError {
    const { code, reason, message, remedy = "", fields = [], ...rest } = readTypedError(cause);
    const { metadata = {}, retryAfterMs = 0, callId = "" } = rest;
    const all = fields.map((each) => ({ reason: "", remedy: "", ...each }));
    return { code: codeName(code), reason, message, remedy, fields: all, metadata, retryAfterMs, callId };
  }
}

/** Does the task on stdin. */
export async function serve(client: SampleClient): Promise<void> {
  const task = (await json(process.stdin)) as Task;
  const line = await client.run(task).catch((cause) => ({ error: client.describe(cause) }));
  process.stdout.write(`${JSON.stringify(line)}\n`, () => process.exit());
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
