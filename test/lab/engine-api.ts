import { request } from "node:http";
import { buffer } from "node:stream/consumers";

/** Call the Docker Engine API over a unix socket, without a version in the path. Throws for a status of 400 or more. */
export async function engineApi(
  socketPath: string,
  method: string,
  path: string,
  body?: Buffer,
): Promise<Buffer> {
  const answer = await new Promise<{ status: number; body: Promise<Buffer> }>((resolve, reject) => {
    const call = request({
      socketPath,
      method,
      path,
      headers: body ? { "content-type": "application/x-tar" } : {},
    });
    call.on("error", reject);
    call.on("response", (response) => resolve({ status: response.statusCode ?? 0, body: buffer(response) }));
    call.end(body);
  });
  const text = await answer.body;
  if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text;
}
