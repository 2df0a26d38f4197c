import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { InputError } from "../errors/input-error.js";
import { KeyedMutex } from "../util/keyed-mutex.js";
import { makeFolder } from "../util/make-folder.js";
import { digestPattern } from "./reference.js";

/** An OCI descriptor, as in `index.json`; unknown fields are kept. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
  [field: string]: unknown;
}

/** The name of an image in `index.json`: a bare tag, or a full image name. */
export type LayoutName = { tag: string } | { name: string };

interface OciIndex {
  schemaVersion: 2;
  mediaType: string;
  manifests: Descriptor[];
  [field: string]: unknown;
}

const indexType = "application/vnd.oci.image.index.v1+json";
const refNameKey = "org.opencontainers.image.ref.name";
const imageNameKey = "io.containerd.image.name";

/**
 * Finds an image in an OCI layout folder by its full name or tag, or the only one there is (for
 * `oci-layout://folder:tag` and `type=local,src=folder`). Undefined when there is none. Throws an {@link InputError}
 * when the folder has no readable index.
 */
export async function findInLayout(
  dir: string,
  name: string,
  { orOnly = false }: { orOnly?: boolean } = {},
): Promise<Descriptor | undefined> {
  const { manifests } = await readIndex(dir);
  const by = (annotation: string) => manifests.find((entry) => entry.annotations?.[annotation] === name);
  const found =
    by(imageNameKey) ?? by(refNameKey) ?? (orOnly && manifests.length === 1 ? manifests[0] : undefined);
  if (found !== undefined && !digestPattern.test(found.digest))
    throw broken(dir, `${name} has no valid digest`);
  return found;
}

/** The entries of an OCI layout folder. */
export async function entriesOfLayout(dir: string): Promise<Descriptor[]> {
  return (await readIndex(dir)).manifests;
}

/** The tags of the images in an OCI layout folder, or their full names where they have no tag; each once. */
export async function namesInLayout(dir: string): Promise<string[]> {
  const { manifests } = await readIndex(dir);
  const names = manifests.map(
    ({ annotations }) => annotations?.[refNameKey] || annotations?.[imageNameKey] || "",
  );
  return [...new Set(names.filter(Boolean))];
}

/** The descriptor under a name, as an entry of `index.json`. */
export function named(descriptor: Descriptor, name: LayoutName): Descriptor {
  const names: Record<string, string> =
    "name" in name
      ? { [refNameKey]: tagOf(name.name), [imageNameKey]: name.name }
      : { [refNameKey]: name.tag };
  return { ...descriptor, annotations: { ...descriptor.annotations, ...names } };
}

/** The files of an image archive that say what is in it. */
export function layoutFiles(manifests: readonly Descriptor[]): Record<"index.json" | "oci-layout", string> {
  return {
    "index.json": JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }),
    "oci-layout": JSON.stringify({ imageLayoutVersion: "1.0.0" }),
  };
}

/** The path of a blob in a layout: `blobs/sha256/…`. */
export function blobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

/** Serializes the writers of each layout. */
const layouts = new KeyedMutex();
/**
 * Adds an image to the folder's `index.json` under each name, replacing the former image of that name, and writes
 * `oci-layout`. Without a name it is added unless it is there. Readers see the old index or the new one; writes of this
 * process are serialized.
 */
export async function putInLayout(
  dir: string,
  descriptor: Descriptor,
  names: readonly LayoutName[],
): Promise<void> {
  await layouts.runExclusive(resolve(dir), undefined, () => put(dir, descriptor, names));
}

async function put(dir: string, descriptor: Descriptor, names: readonly LayoutName[]): Promise<void> {
  await makeFolder(dir);
  const index = await readIndex(dir, { missing: { schemaVersion: 2, mediaType: indexType, manifests: [] } });
  const isKnown = index.manifests.some(({ digest }) => digest === descriptor.digest);
  if (names.length === 0 && !isKnown) index.manifests.push(descriptor);
  for (const name of names) {
    const imageName = "name" in name ? name.name : undefined;
    const refName = "name" in name ? tagOf(name.name) : name.tag;
    index.manifests = index.manifests.filter(
      ({ annotations }) => annotations?.[refNameKey] !== refName || annotations[imageNameKey] !== imageName,
    );
    index.manifests.push(named(descriptor, name));
  }
  await replaceFile(join(dir, "oci-layout"), layoutFiles([])["oci-layout"]);
  await replaceFile(join(dir, "index.json"), JSON.stringify(index));
}

async function readIndex(dir: string, { missing }: { missing?: OciIndex } = {}): Promise<OciIndex> {
  let text: string;
  try {
    text = await readFile(join(dir, "index.json"), "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (missing !== undefined && code === "ENOENT") return missing;
    throw broken(dir, code === "ENOENT" || code === "ENOTDIR" ? "it has no index.json" : message);
  }
  let index: OciIndex;
  try {
    index = JSON.parse(text);
  } catch {
    throw broken(dir, "its index.json is not JSON");
  }
  if (!Array.isArray(index?.manifests)) throw broken(dir, "its index.json has no list of manifests");
  for (const manifest of index.manifests as unknown[])
    if (typeof manifest !== "object" || manifest === null)
      throw broken(dir, "its index.json lists a manifest that is not an object");
  return index;
}

/** The part after the repository of an image name, as containerd writes it: the tag, or `@` and the digest. */
function tagOf(name: string): string {
  const [, tag] = /^(?:.*\/)?[^/:@]*:?(.*)$/s.exec(name)!;
  return tag!;
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    const file = await open(temporary, "wx", 0o644);
    try {
      await file.writeFile(text);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function broken(dir: string, why: string): InputError {
  return new InputError({
    reason: "OCI_LAYOUT_INVALID",
    field: dir,
    message: `The folder ${dir} is not an OCI image layout: ${why}.`,
    remedy: "Give the folder of an unpacked OCI image archive, which contains index.json.",
  });
}
