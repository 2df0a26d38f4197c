import { createClient } from "@connectrpc/connect";
import { UploadService } from "../../gen/slipway/v1/upload_pb.js";
import { connectHost } from "../connect.js";

/** Connects to upload contexts: they stream to the host, which takes HTTP/2. Loaded for an upload only. */
export async function openUploads(path: string) {
  const { transport, close } = await connectHost({ kind: "unix", path });
  return { uploads: createClient(UploadService, transport), close };
}
