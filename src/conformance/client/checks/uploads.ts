import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { encodeError } from "../../../errors/typed-error.js";
import type { StartBuildRequest } from "../../../gen/slipway/v1/build_pb.js";
import { must } from "../../report/violation.js";
import type { ClientCheck } from "../check.js";
import { big, files, makeContext, mustHaveEntries } from "../context.js";
import type { ScriptedHost } from "../scripted-host.js";
import { offerWithoutPaths, standardOffer, standardScript } from "../standard-script.js";
import { aBuild, errorOf, resultOf, type Subject } from "../subject.js";
import { digestOf, UploadStore } from "../upload-store.js";

const chunkBytes = 64 << 10;

/** Checks of contexts. */
export const uploadChecks: ClientCheck[] = [
  {
    id: "CLI-CONTEXT-PATH",
    title: "A folder is named by its absolute path if the host can read the client's files (paths.local)",
    rule: "api.md#negotiation",
    async run(subject) {
      const folder = await makeContext(subject);
      const { host, env } = await subject.host();
      resultOf("A build of a folder", await subject.run({ ...aBuild, folder }, env));
      const source = sourceOf(host);
      must(
        source?.case === "path" && source.value === folder,
        `The context of StartBuild is ${source?.case} "${source?.value}", expected the path ${folder}.`,
      );
    },
  },
  {
    id: "CLI-UPLOAD",
    title: "Otherwise it is uploaded: entries, parents first, with their types and digests, and the contents",
    rule: "api.md#uploads",
    async run(subject) {
      const { store, host } = await upload(subject, new UploadStore());
      must(store.finished, "The upload was not finished.");
      const source = sourceOf(host);
      must(
        source?.case === "upload" && source.value === "upload-1",
        `The context of StartBuild is ${source?.case} "${source?.value}", expected the upload upload-1.`,
      );
      mustHaveEntries(store);
      for (const [path, content] of Object.entries(files))
        must(store.contents.has(digestOf(content)), `The content of ${path} is missing.`);
    },
  },
  {
    id: "CLI-UPLOAD-MISSING",
    title: "Only contents that the host lacks are sent, each once",
    rule: "api.md#uploads",
    async run(subject) {
      const present = new Set([big, files["folder/below/text"]!].map(digestOf));
      const { store } = await upload(subject, new UploadStore(present));
      const known = store.blobs.find(({ digest }) => present.has(digest));
      must(!known, `The content ${known?.digest} was sent, although the host has it.`);
      const sent = store.blobs.map(({ digest, offset }) => `${digest} ${offset}`);
      must(new Set(sent).size === sent.length, "A content was sent twice.");
    },
  },
  {
    id: "CLI-UPLOAD-CHUNKS",
    title:
      "A message has no more contents than the host's limit (max_chunk_bytes); larger ones come in chunks",
    rule: "api.md#uploads",
    async run(subject) {
      const sizes: number[] = [];
      const store = new UploadStore();
      await upload(subject, store, {
        limits: { ...standardOffer.limits, maxChunkBytes: BigInt(chunkBytes) },
        onBlobs: (bytes) => sizes.push(bytes),
      });
      const largest = Math.max(...sizes);
      must(
        largest <= chunkBytes,
        `A message has contents of ${largest} bytes, although max_chunk_bytes is ${chunkBytes}.`,
      );
      must(store.contents.has(digestOf(big)), "The chunks of a large file do not make up its content.");
    },
  },
  {
    id: "CLI-UPLOAD-IGNORE",
    title: "What .dockerignore excludes is not sent",
    rule: "call-it.md#any-other-language",
    level: "SHOULD",
    async run(subject) {
      const folder = await makeContext(subject);
      const ignored = "secret\nnode_modules\n!node_modules/kept\n*a*a*a*a*a*a*a*a*a*a*b\n";
      await writeFile(join(folder, ".dockerignore"), ignored);
      await mkdir(join(folder, "node_modules"));
      // A matcher that tries every way to split this name does not end before the client's time for a task.
      const long = "a".repeat(60);
      for (const path of ["secret", "node_modules/dropped", "node_modules/kept", long, `${long}b`])
        await writeFile(join(folder, path), path);
      const { store } = await upload(subject, new UploadStore(), {}, folder);
      const paths = store.entries.map(({ path }) => path);
      for (const path of ["secret", "node_modules/dropped", `${long}b`])
        must(!paths.includes(path), `${path} was sent, although .dockerignore excludes it.`);
      for (const path of ["node_modules/kept", long])
        must(paths.includes(path), `${path} was not sent, although .dockerignore includes it.`);
    },
  },
  {
    id: "CLI-UPLOAD-IGNORE-LARGE",
    title:
      "A .dockerignore of more than 50 000 patterns or 4 MiB, or with a pattern that is too long, is refused before anything is uploaded (DOCKERIGNORE_TOO_LARGE)",
    rule: "call-it.md#any-other-language",
    level: "SHOULD",
    async run(subject) {
      const folder = await makeContext(subject);
      const { host, env } = await subject.host({
        ...standardScript(new UploadStore()),
        negotiate: () => offerWithoutPaths(),
      });
      const long = "a/".repeat(600);
      const tooLarge = {
        "50 001 patterns": "a\n".repeat(50_001),
        "more than 4 MiB": "# text\n".repeat(600_000),
        "a pattern of more than 4096 bytes": `${"a/".repeat(2100)}b`,
        "a pattern with * of more than 1024 bytes": `${long}*/b`,
        "a class of more than 1024 bytes behind !": `!${long}[ab]`,
      };
      for (const [what, content] of Object.entries(tooLarge)) {
        await writeFile(join(folder, ".dockerignore"), content);
        const answer = await subject.run({ ...aBuild, folder }, env);
        const { reason } = errorOf(`A build with ${what} in .dockerignore`, answer);
        must(
          reason === "DOCKERIGNORE_TOO_LARGE",
          `The reported reason is "${reason}", expected DOCKERIGNORE_TOO_LARGE.`,
        );
      }
      must(
        host.callsOf("CreateUpload").length === 0,
        "The client began an upload that the host would refuse.",
      );
      must(host.callsOf("StartBuild").length === 0, "The client started a build without its context.");
      // Without other wildcards a pattern can be longer.
      await writeFile(join(folder, ".dockerignore"), `**/${long}b\n${long}**\n`);
      resultOf("A build with long patterns", await subject.run({ ...aBuild, folder }, env));
    },
  },
  {
    id: "CLI-UPLOAD-REFUSED",
    title: "An error of an upload is reported, and nothing is built",
    rule: "api.md#uploads",
    async run(subject) {
      const store = new UploadStore();
      const folder = await makeContext(subject);
      const { host, env } = await subject.host({
        ...standardScript(store),
        negotiate: () => offerWithoutPaths(),
        addBlobs(request) {
          if (request.blobs.length === 0) return store.add(request);
          throw encodeError({
            code: Code.ResourceExhausted,
            reason: "UPLOAD_NO_SPACE",
            message: "The host has no space.",
          });
        },
      });
      const { reason } = errorOf(
        "A build whose upload is refused",
        await subject.run({ ...aBuild, folder }, env),
      );
      must(reason === "UPLOAD_NO_SPACE", `The reported reason is "${reason}", expected UPLOAD_NO_SPACE.`);
      must(host.callsOf("StartBuild").length === 0, "The client started a build without its context.");
    },
  },
];

interface UploadOptions {
  limits?: typeof standardOffer.limits;
  /** Called with the size of the contents in each message. */
  onBlobs?(bytes: number): void;
}

/** Builds a folder on a host that cannot read it; the build must succeed. */
async function upload(subject: Subject, store: UploadStore, options: UploadOptions = {}, folder?: string) {
  const { limits, onBlobs } = options;
  const script = standardScript(store);
  const { host, env } = await subject.host({
    ...script,
    negotiate: () => offerWithoutPaths(limits),
    addBlobs(request) {
      onBlobs?.(request.blobs.reduce((sum, { data }) => sum + data.length, 0));
      return store.add(request);
    },
  });
  const task = { ...aBuild, folder: folder ?? (await makeContext(subject)) };
  resultOf("A build with an uploaded context", await subject.run(task, env));
  return { store, host };
}

function sourceOf(host: ScriptedHost) {
  const call = host.callsOf("StartBuild")[0];
  must(call, "The client did not call StartBuild.");
  return (call.request as StartBuildRequest).spec?.context?.source as
    | { case: string; value: unknown }
    | undefined;
}
