import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { tarEntries } from "../src/archive/tar-entries.js";
import { MessageSplitter } from "../src/buildkit/session/framing.js";
import { decodePercent } from "../src/buildkit/session/grpc-message.js";
import { HeaderJoiner } from "../src/buildkit/session/header-joiner.js";
import { parseBuildkitdToml, registryFiles } from "../src/config/buildkitd-toml.js";
import { readDockerConfig } from "../src/config/docker-config.js";
import { InputError } from "../src/errors/input-error.js";
import { StatusError } from "../src/errors/status-error.js";
import { readTypedError } from "../src/errors/typed-error.js";
import { ErrorInfoSchema } from "../src/gen/google/rpc/error_details_pb.js";
import { parseAccessFile } from "../src/host/access/access-file.js";
import { dockerfileImages } from "../src/host/builds/logins/dockerfile-images.js";
import { findInLayout } from "../src/image/oci-index.js";
import { parseReference } from "../src/image/reference.js";
import { parseContextUrl } from "../src/inputs/context-url.js";
import { PatternError } from "../src/inputs/files/glob.js";
import { PatternMatcher } from "../src/inputs/files/pattern-matcher.js";
import { parseNamedContext } from "../src/inputs/named-context.js";
import { parseAttributes } from "../src/inputs/parse-attributes.js";
import { normalizePlatform } from "../src/inputs/platform.js";
import { parseHandshakeLine } from "../src/plugin-protocol/handshake-line.js";
import { parseManifest } from "../src/plugin-protocol/manifest.js";
import { readChallenge } from "../src/registry/challenge.js";
import { isProgrammingError, type Target, target } from "./target.js";

/** Text that mixes a parser's tokens with arbitrary characters. */
const textOf = (...tokens: string[]) =>
  fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...tokens) },
        fc.string({ unit: "binary", maxLength: 6 }),
      ),
      {
        maxLength: 12,
      },
    )
    .map((parts) => parts.join(""));

/** JSON with the given keys and arbitrary values, sometimes damaged. */
const jsonOf = (...keys: string[]) => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, 0, -1, 1e300, "", "a", "sha256:00", "unix"),
      fc.string({ maxLength: 8 }),
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys, "__proto__", "constructor"), tie("any"), { maxKeys: 5 }),
    ),
  })).any;
  const text = value.map((each) => JSON.stringify(each));
  const damaged = fc.tuple(text, fc.nat()).map(([json, at]) => json.slice(0, at % (json.length + 1)));
  return fc.oneof({ weight: 5, arbitrary: text }, damaged, fc.string({ maxLength: 30 }));
};

/** A prefix of `valid` with some bytes changed. */
const mutated = (valid: Uint8Array) =>
  fc
    .tuple(fc.array(fc.tuple(fc.nat(valid.length), fc.nat(255)), { maxLength: 8 }), fc.nat(valid.length * 2))
    .map(([changes, length]) => {
      const bytes = Buffer.from(valid);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes.subarray(0, length);
    });

/** A tar archive with one file of 10 bytes. */
function smallTar(): Buffer {
  const tar = Buffer.alloc(2048);
  tar.write("folder/file", 0);
  tar.write("0000644\0", 100);
  tar.write("0000000\0", 108);
  tar.write("0000000\0", 116);
  tar.write("00000000012\0", 124);
  tar.write("00000000000\0", 136);
  tar.write("        ", 148);
  tar.write("0", 156);
  tar.write("ustar\0", 257);
  tar.write("00", 263);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  tar.write("0123456789", 512);
  return tar;
}

/** A zstd frame with the bytes in a raw block. */
function rawZstd(bytes: Buffer): Buffer {
  const head = Buffer.from("28b52ffd60", "hex");
  const size = Buffer.alloc(2);
  size.writeUInt16LE(bytes.length - 256);
  const block = Buffer.alloc(3);
  block.writeUIntLE((bytes.length << 3) | 1, 0, 3);
  return Buffer.concat([head, size, block, bytes]);
}

async function* once(bytes: Uint8Array) {
  yield bytes;
}

/** Calls `read` with a folder that has one file with this text. */
async function inFolder(name: string, text: string, read: (folder: string) => Promise<unknown>) {
  const folder = mkdtempSync(join(tmpdir(), "fuzz"));
  try {
    writeFileSync(join(folder, name), text);
    await read(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const typed = (error: unknown) => error instanceof ConnectError || error instanceof InputError;
const plain = (error: unknown) => error instanceof Error && !isProgrammingError(error);
const never = () => false;
const signal = new AbortController().signal;
const machine = { platform: "linux", arch: "x64", node: "/usr/bin/node" };

/** All parsers of external input. */
export const parsers: Target[] = [
  target({
    name: "handshake line",
    inputs: textOf("1", "|", "unix", "tcp", "grpc", "/tmp/x", "127.0.0.1:1", "MII", "=", "\n"),
    run: parseHandshakeLine,
    refuses: plain,
  }),
  target({
    name: "plugin manifest",
    inputs: jsonOf(
      "manifestVersion",
      "name",
      "version",
      "command",
      "drivers",
      "protocols",
      "description",
      "address",
    ),
    run: (text) => parseManifest(text, "/plugins/x", machine),
    refuses: plain,
  }),
  ...(
    [
      ["tar", smallTar()],
      ["gzip", gzipSync(smallTar())],
      // A frame with one raw block; Node 20 cannot compress zstd.
      ["zstd", rawZstd(smallTar())],
    ] as const
  ).map(([name, valid]) =>
    target({
      name: `${name} archive`,
      inputs: mutated(valid),
      async run(bytes) {
        for await (const entry of tarEntries(once(bytes), signal)) {
          const { stream } = entry as unknown as { stream?: NodeJS.ReadableStream };
          stream?.resume();
        }
      },
      refuses: typed,
    }),
  ),
  target({
    name: "ignore file",
    inputs: fc.tuple(
      fc.array(textOf("*", "**", "/", "!", "[", "]", "^", "\\", "a", "{2}", "|"), { maxLength: 5 }),
      fc.string(),
    ),
    run: ([lines, path]) => new PatternMatcher(lines).match(path),
    refuses: (error) => error instanceof PatternError,
  }),
  target({
    name: "Dockerfile",
    inputs: textOf(
      "\n",
      "# syntax=",
      "# escape=`",
      "`\n",
      "\\\n",
      "ARG A=",
      "ARG B=$A$A\n",
      `\${A:-`,
      `\${A:+$B}`,
      "FROM ",
      " AS a",
      "COPY --from=",
      "RUN --mount=type=bind,from=",
      " <<A ",
      ' <<-"B"\n',
      "A\n",
      "\tB\n",
      "}",
      "r.test/x",
    ),
    run: (text) => dockerfileImages(text, { A: "$B" }, ["a"]),
    refuses: never,
  }),
  target({
    name: "OCI index",
    inputs: jsonOf("schemaVersion", "manifests", "digest", "size", "mediaType", "annotations", "platform"),
    run: (text) => inFolder("index.json", text, (folder) => findInLayout(folder, "latest")),
    refuses: typed,
  }),
  target({
    name: "docker configuration",
    inputs: jsonOf(
      "auths",
      "auth",
      "identitytoken",
      "credsStore",
      "credHelpers",
      "proxies",
      "default",
      "httpProxy",
    ),
    run: (text) => inFolder("config.json", text, (folder) => readDockerConfig(folder, {})),
    refuses: typed,
  }),
  target({
    name: "CSV attributes",
    inputs: textOf("type", "=", ",", '"', '""', "dest", "\n", "\r"),
    run: (text) => parseAttributes(text, "field"),
    refuses: typed,
  }),
  target({
    name: "buildkitd.toml",
    inputs: textOf(
      "[",
      "]",
      "registry",
      '."docker.io"',
      "=",
      '"x"',
      "\n",
      "insecure-entitlements",
      "ca",
      "keypair",
      "{",
      "}",
      "1",
    ),
    run: (text) => registryFiles(parseBuildkitdToml(Buffer.from(text))),
    refuses: plain,
  }),
  target({
    name: "access file",
    inputs: textOf(
      "[[token]]\n",
      "[[certificate]]\n",
      'name = "a"\n',
      'role = "admin"\n',
      "groups = [1]\n",
      "expires = 2027-01-01\n",
      `hash = "sha256:${"0".repeat(64)}"\n`,
    ),
    run: (text) => parseAccessFile("file", text),
    refuses: typed,
  }),
  target({
    name: "error details",
    inputs: fc.tuple(fc.uint8Array({ maxLength: 60 }), fc.string(), fc.integer()),
    run: ([value, type, code]) =>
      readTypedError(
        new ConnectError("x", code as Code, undefined, [
          { type: ErrorInfoSchema.typeName, value },
          { type: "google.rpc.BadRequest", value },
          { type, value },
        ] as never),
      ),
    refuses: never,
  }),
  target({
    name: "context URL",
    inputs: textOf("https://", "git@", "github.com", "/", ":", "#", "?", "@", "..", "%", ".git"),
    run: (text) => parseContextUrl(text),
    refuses: typed,
  }),
  target({
    name: "named context",
    inputs: textOf("a", "=", "docker-image://", "oci-layout://", "@sha256:", ":", "/", "target:"),
    run: parseNamedContext,
    refuses: typed,
  }),
  target({
    name: "image reference",
    inputs: textOf("a", "/", ":", "@", "sha256:", ".", "[", "]", "localhost"),
    run: parseReference,
    refuses: never,
  }),
  target({
    name: "platform",
    inputs: textOf("linux", "/", "arm64", "v8", "(", ")", "+"),
    run: normalizePlatform,
    refuses: never,
  }),
  target({
    name: "registry challenge",
    inputs: textOf("Bearer ", "realm=", '"', ",", "=", "service", "\\"),
    run: readChallenge,
    refuses: never,
  }),
  target({
    name: "grpc-message",
    inputs: textOf("%", "%41", "%zz", "a", "é"),
    run: decodePercent,
    refuses: never,
  }),
  target({
    name: "session frames",
    inputs: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }),
    run(chunks) {
      const joiner = new HeaderJoiner();
      const splitter = new MessageSplitter();
      for (const chunk of chunks) {
        joiner.push(Buffer.from(chunk));
        splitter.push(Buffer.from(chunk));
      }
    },
    refuses: (error) => error instanceof StatusError,
  }),
];
