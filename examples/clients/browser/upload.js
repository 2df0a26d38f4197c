/**
 * Uploads the files of an `<input type="file" webkitdirectory>` as a context: first a manifest, then the contents that
 * the host lacks. All calls are unary, since a browser cannot stream to a host.
 * @returns the id of the upload, and the number of bytes sent
 */
export async function upload(api, files, maxChunkBytes) {
  const contents = await Promise.all([...files].map(read));
  const [folder] = files[0].webkitRelativePath.split("/", 1);
  const { upload, missingDigests = [] } = await api.call("UploadService/CreateUpload", {
    cacheKey: `browser: ${folder}`,
    manifest: true,
    entries: manifest(contents),
  });
  const sent = await send(api, upload.id, contents, new Set(missingDigests), maxChunkBytes);
  await api.call("UploadService/FinishUpload", { id: upload.id });
  return { id: upload.id, sent };
}

/** A file with its path in the folder and its digest. */
async function read(file) {
  const hash = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  const path = file.webkitRelativePath.split("/").slice(1).join("/");
  return { file, path, digest: `sha256:${new Uint8Array(hash).toHex()}` };
}

/** The entries, parents first. A browser provides no permissions, so all files are executable, as docker does on Windows. */
function manifest(contents) {
  const entries = new Map();
  for (const { file, path, digest } of contents) {
    const modifyTime = new Date(file.lastModified).toISOString();
    const names = path.split("/");
    for (let depth = 1; depth < names.length; depth++) {
      const parent = names.slice(0, depth).join("/");
      if (!entries.has(parent))
        entries.set(parent, { path: parent, type: "ENTRY_TYPE_DIRECTORY", mode: 0o755, modifyTime });
    }
    const size = { sizeBytes: String(file.size) };
    entries.set(path, { path, type: "ENTRY_TYPE_FILE", mode: 0o755, modifyTime, digest, ...size });
  }
  return [...entries.values()];
}

/** Sends missing contents in messages of at most `maxChunkBytes`: small files in batches, large ones in chunks. */
async function send(api, id, contents, missing, maxChunkBytes) {
  let [blobs, size, sent] = [[], 0, 0];
  const flush = async () => {
    if (blobs.length > 0) await api.call("UploadService/AddBlobs", { id, blobs });
    sent += size;
    [blobs, size] = [[], 0];
  };
  for (const { file, digest } of contents) {
    if (!missing.delete(digest)) continue;
    let offset = 0;
    do {
      const chunk = file.slice(offset, offset + maxChunkBytes);
      if (size + chunk.size > maxChunkBytes) await flush();
      const data = new Uint8Array(await chunk.arrayBuffer()).toBase64();
      blobs.push({ digest, offset: String(offset), sizeBytes: String(file.size), data });
      size += chunk.size;
      offset += chunk.size;
    } while (offset < file.size);
  }
  await flush();
  return sent;
}
