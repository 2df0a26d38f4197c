import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { tarEntries } from "../src/archive/tar-entries.js";
import { parseBuildkitdToml, registryFiles } from "../src/config/buildkitd-toml.js";
import { readDockerConfig } from "../src/config/docker-config.js";
import { InputError } from "../src/errors/input-error.js";
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
import { bakeParsers } from "./bake-parsers.js";
import { buildkitParsers } from "./buildkit-parsers.js";
import { heldParsers } from "./held-parsers.js";
import { hostParsers } from "./host-parsers.js";
import { imageParsers } from "./image-parsers.js";
import { inFolder } from "./in-folder.js";
import { compressedXz, compressedZstd, jsonOf, mutated, rawZstd, smallTar, textOf } from "./inputs.js";
import { masking } from "./masking.js";
import { messageParsers } from "./message-parsers.js";
import { isProgrammingError, type Target, target } from "./target.js";
import { traceParsers } from "./trace-parsers.js";

async function* once(bytes: Uint8Array) {
  yield bytes;
}

/** Calls `read` with a folder that has one file with this text. */
function withFile(name: string, text: string, read: (folder: string) => Promise<unknown>) {
  return inFolder(async (folder) => {
    writeFileSync(join(folder, name), text);
    await read(folder);
  });
}

const typed = (error: unknown) => error instanceof ConnectError || error instanceof InputError;
const plain = (error: unknown) => error instanceof Error && !isProgrammingError(error);
const never = () => false;
const signal = new AbortController().signal;
const machine = { platform: "linux", arch: "x64", node: "/usr/bin/node" };

/** All parsers of external input. */
export const targets: Target[] = [
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
      ["tar", mutated(smallTar())],
      ["gzip", mutated(gzipSync(smallTar()))],
      ["xz", mutated(compressedXz)],
      // Node 20 cannot compress zstd.
      ["zstd", fc.oneof(mutated(compressedZstd), mutated(rawZstd(smallTar())))],
    ] as const
  ).map(([name, inputs]) =>
    target({
      name: `${name} archive`,
      inputs,
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
    run: async ([lines, path]) => (await PatternMatcher.parse(lines)).match(path),
    refuses: (error) => error instanceof PatternError || typed(error),
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
    run: (text) => withFile("index.json", text, (folder) => findInLayout(folder, "latest")),
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
    run: (text) => withFile("config.json", text, (folder) => readDockerConfig(folder, {})),
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
  ...buildkitParsers,
  ...imageParsers,
  ...bakeParsers,
  ...heldParsers,
  ...hostParsers,
  ...traceParsers,
  ...messageParsers,
  ...masking,
];
