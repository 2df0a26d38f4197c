import { readFile } from "node:fs/promises";
import { request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { homedir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";

/** Version of the Docker Engine at a `DOCKER_HOST` address. Throws if no Engine answers within 5 s. */
export async function ping(host: string): Promise<string> {
  const options = await target(new URL(host));
  const signal = AbortSignal.timeout(5_000);
  return new Promise((resolve, reject) => {
    const request = options.secure ? httpsRequest : httpRequest;
    const call = request({ ...options.request, path: "/version", signal }, (response) => {
      const status = response.statusCode;
      if (status !== 200) reject(new Error(`GET /version returned status ${status}`));
      json(response).then((answer) => resolve((answer as { Version: string }).Version), reject);
    });
    call.on("error", reject);
    call.end();
  });
}

async function target(
  url: URL,
): Promise<{ secure: boolean; request: RequestOptions & Record<string, unknown> }> {
  if (url.protocol === "unix:")
    return { secure: false, request: { socketPath: decodeURIComponent(url.pathname) } };
  if (url.protocol !== "tcp:") throw new Error(`addresses with ${url.protocol}// are not supported here`);
  const request = { host: url.hostname, port: url.port };
  // As in Docker's clients, any non-empty value enables TLS.
  if (!process.env.DOCKER_TLS_VERIFY) return { secure: false, request };
  const folder = process.env.DOCKER_CERT_PATH || join(homedir(), ".docker");
  const [ca, cert, key] = await Promise.all(
    ["ca", "cert", "key"].map((name) => readFile(join(folder, `${name}.pem`))),
  );
  return { secure: true, request: { ...request, ca, cert, key } };
}
