import { constants } from "node:fs";
import { posix } from "node:path";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { Slipway } from "../../client/slipway.js";
import { readTypedError } from "../../errors/typed-error.js";
import type { HeldFile } from "../../gen/slipway/v1/debug_pb.js";
import type { Value } from "./variables.js";

/** How many bytes of a file are shown. */
const maxShownBytes = 64 * 1024;

const letters = new Map([
  [constants.S_IFDIR, "d"],
  [constants.S_IFLNK, "l"],
  [constants.S_IFBLK, "b"],
  [constants.S_IFCHR, "c"],
  [constants.S_IFIFO, "p"],
  [constants.S_IFSOCK, "s"],
]);

/** The files of a build that is held. */
export class FileValues {
  readonly #debug: Pick<Slipway["debug"], "listFiles" | "readFile">;
  readonly #build: string;

  /** @param build its id */
  constructor(debug: Pick<Slipway["debug"], "listFiles" | "readFile">, build: string) {
    this.#debug = debug;
    this.#build = build;
  }

  /** The trees of the step that the build stands at. */
  trees(names: readonly string[]): Value[] {
    return names.map((name) => ({ name, value: "", parts: () => this.#folder(name, "/") }));
  }

  /** The entries of a folder; an error is one, too, so that the editor shows it in its place. */
  async #folder(tree: string, path: string): Promise<Value[]> {
    try {
      const { files } = await this.#debug.listFiles({ id: this.#build, tree, path });
      return files.map((file) => this.#file(tree, posix.join(path, file.name), file));
    } catch (cause) {
      return [errorOf(cause)];
    }
  }

  #file(tree: string, path: string, file: HeldFile): Value {
    const about = describe(file);
    if ((file.mode & constants.S_IFMT) === constants.S_IFDIR) {
      const own: Value = { name: ".", value: about, parts: () => facts(file) };
      return {
        name: `${file.name}/`,
        value: "",
        parts: async () => [own, ...(await this.#folder(tree, path))],
      };
    }
    const isRegular = (file.mode & constants.S_IFMT) === constants.S_IFREG;
    const parts = async () => [...(isRegular ? [await this.#data(tree, path)] : []), ...facts(file)];
    return { name: file.name, value: about, parts };
  }

  async #data(tree: string, path: string): Promise<Value> {
    try {
      const request = { id: this.#build, tree, path, length: BigInt(maxShownBytes) };
      const { data } = await this.#debug.readFile(request);
      return { name: "data", value: textOf(data) ?? "binary data" };
    } catch (cause) {
      return errorOf(cause);
    }
  }
}

const errorOf = (cause: unknown): Value => ({ name: "error", value: readTypedError(cause).message });

/** The text of UTF-8 bytes; undefined for other bytes. */
function textOf(data: Uint8Array): string | undefined {
  if (data.includes(0)) return undefined;
  try {
    // The last character may be cut.
    return new TextDecoder("utf-8", { fatal: true }).decode(data, { stream: true });
  } catch {
    return undefined;
  }
}

function facts({ mode, uid, gid, modificationTime, linkTarget }: HeldFile): Value[] {
  return [
    ...(linkTarget ? [{ name: "linkname", value: linkTarget }] : []),
    { name: "mode", value: modeText(mode) },
    { name: "uid", value: String(uid) },
    { name: "gid", value: String(gid) },
    { name: "mtime", value: modificationTime ? timestampDate(modificationTime).toISOString() : "" },
  ];
}

function describe({ mode, uid, gid, size }: HeldFile): string {
  return `${modeText(mode)} ${uid}:${gid} ${size}`;
}

/** As `ls` shows it, such as "-rw-r--r--". */
export function modeText(mode: number): string {
  const letter = letters.get(mode & constants.S_IFMT) ?? "-";
  const bits = [6, 3, 0].map((shift) => {
    const three = mode >> shift;
    return `${three & 4 ? "r" : "-"}${three & 2 ? "w" : "-"}${three & 1 ? "x" : "-"}`;
  });
  return letter + bits.join("");
}
