import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ConnectError } from "@connectrpc/connect";
import { type BuildkitClient, connectBuildkit } from "../../src/buildkit/client.js";
import type { Connect } from "../../src/buildkit/connection.js";
import { type FileSendTarget, fileSend } from "../../src/buildkit/filesend/file-send.js";
import { type FileSyncOptions, fileSync } from "../../src/buildkit/filesync/file-sync.js";
import { fullSolveError } from "../../src/buildkit/full-solve-error.js";
import type { StatusError } from "../../src/errors/status-error.js";
import { folderSource } from "../../src/inputs/files/folder-source.js";

/** One build of a folder. */
export interface BuildInput extends FileSyncOptions {
  /** Folder with the context and the Dockerfile. */
  context: string;
  attrs?: Record<string, string>;
  exporter?: { type: string; attrs?: Record<string, string> };
  output?: FileSendTarget;
  sharedKey?: string;
  signal?: AbortSignal;
  /** Called with the output of steps. */
  onLog?: (text: string) => void;
}

/** Outcome of a build. */
export interface Built {
  error?: ConnectError;
  /** Why BuildKit ended the session; undefined if it did not. */
  sessionEnd?: ConnectError;
  /** Errors of session calls. */
  sessionErrors: StatusError[];
  log: string;
  response: Record<string, string>;
  ref: string;
}

/** Builds a folder through a session, as clients of BuildKit do. */
export async function build(connect: Connect, input: BuildInput): Promise<Built> {
  const client = connectBuildkit(connect);
  try {
    return await buildWith(client, input);
  } finally {
    await client.close();
  }
}

/** Like {@link build}, with a client that stays open. */
export async function buildWith(client: BuildkitClient, input: BuildInput): Promise<Built> {
  const source = await folderSource(input.context);
  const ref = randomUUID();
  const built: Built = { log: "", response: {}, sessionErrors: [], ref };
  const session = await client.openSession({
    // With a known key BuildKit updates its earlier copy, and does not set the times of folders again.
    sharedKey: input.sharedKey ?? randomUUID(),
    methods: [
      ...fileSync({ context: source, dockerfile: source }, input),
      ...(input.output ? [fileSend(new Map([[0, input.output]]))] : []),
    ],
    onError: (_path, error) => built.sessionErrors.push(error),
  });
  const watch = (async () => {
    for await (const { logs } of client.control.status({ ref })) {
      for (const { msg } of logs) {
        const text = Buffer.from(msg).toString();
        built.log += text;
        input.onLog?.(text);
      }
    }
  })().catch(() => {});
  const { type, attrs } = input.exporter ?? { type: "" };
  const request = {
    ref,
    session: session.id,
    frontend: "dockerfile.v0",
    frontendAttrs: { "no-cache": "", ...input.attrs },
    exporterDeprecated: type,
    exporterAttrsDeprecated: attrs ?? {},
    exporters: type ? [{ type, attrs: attrs ?? {} }] : [],
  };
  try {
    built.response = (await client.control.solve(request, { signal: input.signal })).exporterResponse;
  } catch (error) {
    built.error = await fullSolveError(client, ref, error, input.signal ?? new AbortController().signal);
  }
  await watch;
  const stillOpen = Symbol();
  const end = await Promise.race([
    session.closed,
    new Promise((resolve) => setTimeout(resolve, 50, stillOpen)),
  ]);
  await session.close();
  return end === stillOpen ? built : { ...built, sessionEnd: end as ConnectError };
}

/** Writes files into a folder and creates their parents. */
export async function writeFiles(folder: string, files: Record<string, string | Buffer>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}
