import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { StatusError } from "../../errors/status-error.js";
import {
  Content,
  ReadContentRequestSchema,
  ReadContentResponseSchema,
  WriteAction,
  type WriteContentRequest,
  WriteContentRequestSchema,
  WriteContentResponseSchema,
} from "../../gen/containerd/services/content/v1/content_pb.js";
import { decodeBounded } from "../../messages/answers.js";
import { outputError } from "../filesend/output-error.js";
import { type SessionCall, type SessionMethod, unaryMethod } from "../session/method.js";
import type { BlobInfo, ContentStore, Writing } from "./content-store.js";

/**
 * Serves OCI layout folders to BuildKit as containerd content stores. Their ids are `local:<src or dest>` for local
 * caches, `oci:<name>` for oci-layout contexts, and `export` for exporters with `tar=false`. Labels are accepted but
 * not kept: a layout folder cannot store them.
 */
export function content(stores: ReadonlyMap<string, ContentStore>): SessionMethod[] {
  const choose = (call: SessionCall): ContentStore => {
    const [id] = call.header("buildkit-attachable-store-id");
    if (id === undefined)
      throw new StatusError(Code.InvalidArgument, "The call does not name a content store.");
    const store = stores.get(id);
    if (store === undefined) throw new StatusError(Code.NotFound, `The session has no content store ${id}.`);
    return store;
  };
  const path = (method: { name: string }) => `/${Content.typeName}/${method.name}`;

  return [
    unaryMethod(Content.method.info, async ({ digest }, call) => ({
      info: toInfo(await choose(call).info(digest)),
    })),
    unaryMethod(Content.method.update, async ({ info }, call) => ({
      info: { ...toInfo(await choose(call).info(info?.digest ?? "")), labels: info?.labels },
    })),
    unaryMethod(Content.method.status, async ({ ref }, call) => ({
      status: toStatus(choose(call).ingest(ref)),
    })),
    unaryMethod(Content.method.abort, async ({ ref }, call) => {
      await choose(call).abort(ref);
      return {};
    }),
    {
      path: path(Content.method.read),
      async handle(call) {
        const store = choose(call);
        for await (const message of call.messages) {
          const { digest, offset, size } = decodeBounded(ReadContentRequestSchema, message);
          let at = offset > 0n ? offset : 0n;
          for await (const data of store.read(digest, Number(offset), Number(size))) {
            const response = create(ReadContentResponseSchema, { offset: at, data });
            await call.send(toBinary(ReadContentResponseSchema, response));
            at += BigInt(data.length);
          }
          return;
        }
      },
    },
    { path: path(Content.method.write), handle: (call) => write(choose(call), call) },
  ];
}

/** Answers each request. The first one names the ingest, the last one commits it. */
async function write(store: ContentStore, call: SessionCall): Promise<void> {
  let ingest: Writing | undefined;
  let total = 0;
  let expected = "";
  try {
    for await (const message of call.messages) {
      const request = decodeBounded(WriteContentRequestSchema, message);
      total = Number(request.total) || total;
      expected = request.expected || expected;
      if (ingest === undefined) {
        if (request.ref === "")
          throw new StatusError(Code.InvalidArgument, "The first message must have a ref.");
        ingest = await store.openIngest(request.ref, total, expected);
      }
      if (request.action !== WriteAction.STAT) await append(ingest, request);
      let { digest } = ingest;
      if (request.action === WriteAction.COMMIT) {
        store.finish(ingest);
        digest = await ingest.commit(total, expected);
      }
      const response = create(WriteContentResponseSchema, {
        action: request.action,
        startedAt: timestampFromDate(ingest.startedAt),
        updatedAt: timestampFromDate(ingest.updatedAt),
        offset: BigInt(ingest.offset),
        total: BigInt(total),
        digest,
      });
      await call.send(toBinary(WriteContentResponseSchema, response));
      if (request.action === WriteAction.COMMIT) return;
    }
  } catch (error) {
    throw outputError(error);
  } finally {
    ingest?.release();
  }
}

async function append(ingest: Writing, { offset, data }: WriteContentRequest): Promise<void> {
  if (offset > 0n && Number(offset) !== ingest.offset)
    throw new StatusError(
      Code.OutOfRange,
      `The next offset of ${ingest.ref} is ${ingest.offset}, not ${offset}.`,
    );
  if (offset <= 0n && ingest.offset > 0) await ingest.truncate();
  if (data.length > 0) await ingest.write(data);
}

function toInfo({ digest, size, modified }: BlobInfo) {
  const time = timestampFromDate(modified);
  return { digest, size: BigInt(size), createdAt: time, updatedAt: time };
}

function toStatus(ingest: Writing) {
  return {
    ref: ingest.ref,
    offset: BigInt(ingest.offset),
    total: BigInt(ingest.total),
    expected: ingest.expected,
    startedAt: timestampFromDate(ingest.startedAt),
    updatedAt: timestampFromDate(ingest.updatedAt),
  };
}
