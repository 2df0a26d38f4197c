import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, type ImageStore, readTypedError } from "slipway/driver";
import type { EngineAddress } from "../../../engine/src/address.js";
import { type EngineApi, withEngine } from "../../../engine/src/api.js";
import { parseImageName } from "../../../engine/src/image-name.js";

type StoredImages = Awaited<ReturnType<ImageStore["list"]>>;

/** Lists all images, or those with an id or a name, with or without a tag. */
export async function list(address: EngineAddress, name: string, signal: AbortSignal): Promise<StoredImages> {
  if (name) parseImageName(name);
  try {
    return await withEngine(address, signal, (engine) => (name ? named(engine, name) : all(engine)));
  } catch (error) {
    if (name && readTypedError(error).code === Code.NotFound) return [];
    throw error;
  }
}

async function all(engine: EngineApi, filters: Record<string, string[]> = {}): Promise<StoredImages> {
  const docker = await engine.docker();
  const images = await docker.listImages({ filters });
  return images.map(({ Id, RepoTags, RepoDigests, Size, Created }) => ({
    id: Id,
    ...namesOf(RepoTags, RepoDigests),
    sizeBytes: BigInt(Size),
    createTime: timestampFromMs(Created * 1000),
  }));
}

async function named(engine: EngineApi, name: string): Promise<StoredImages> {
  const found = await all(engine, { reference: [name] });
  if (found.length > 0) return found;
  const docker = await engine.docker();
  // The filter matches neither ids nor names with "docker.io/".
  const { Id, RepoTags, RepoDigests, Size, Created } = await docker.getImage(name).inspect();
  const created = Date.parse(Created);
  return [
    {
      id: Id,
      ...namesOf(RepoTags, RepoDigests),
      sizeBytes: BigInt(Size),
      createTime: Number.isNaN(created) ? undefined : timestampFromMs(created),
    },
  ];
}

/** Older Engines list an image without a name as "<none>:<none>". */
function namesOf(tags: string[] | null | undefined, digests: string[] | null | undefined) {
  const real = (names: string[] | null | undefined) =>
    (names ?? []).filter((name) => !name.startsWith("<none>"));
  return { names: real(tags), repoDigests: real(digests) };
}
