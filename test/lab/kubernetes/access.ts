import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { until } from "../wait.js";

/** A token for each user of a cluster. */
export interface ClusterUsers {
  /** May do anything. */
  admin: string;
  /** May do nothing. */
  stranger: string;
  /** May do what role bindings of the user "tenant" allow. */
  tenant: string;
}

/** Address and credentials of a cluster. */
export interface ClusterAccess {
  server: string;
  ca: string;
  token: string;
}

/** Generate the users' tokens and write the API server's token file. */
export async function makeUsers(folder: string): Promise<{ tokens: ClusterUsers; file: string }> {
  const token = () => randomBytes(16).toString("hex");
  const tokens = { admin: token(), stranger: token(), tenant: token() };
  const file = join(folder, "tokens.csv");
  const lines = [
    `${tokens.admin},admin,1,"system:masters"`,
    `${tokens.stranger},stranger,2`,
    `${tokens.tenant},tenant,3`,
  ];
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  return { tokens, file };
}

/** Write a kubeconfig with a context for each user. */
export async function writeKubeconfig(
  folder: string,
  { server, ca, tokens }: { server: string; ca: string; tokens: ClusterUsers },
): Promise<string> {
  const file = join(folder, "kubeconfig");
  const users = Object.entries(tokens);
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "lab", cluster: { server, "certificate-authority": ca } }],
    users: users.map(([name, token]) => ({ name, user: { token } })),
    contexts: users.map(([name]) => ({ name, context: { cluster: "lab", user: name } })),
    "current-context": "admin",
  };
  // A kubeconfig is YAML, and JSON is valid YAML.
  await writeFile(file, JSON.stringify(config, null, 2), { mode: 0o600 });
  return file;
}

/** Send one request to the API server and return the response text. Throws on any status except success. */
export function ask(
  { server, ca, token }: ClusterAccess,
  method: string,
  path: string,
  body?: unknown,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server}${path}`, {
      method,
      ca: readFileSync(ca),
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
      },
    });
    sent.on("error", reject);
    sent.on("response", async (response) => {
      const answer = await text(response);
      if (response.statusCode! < 300) resolve(answer);
      else reject(new Error(`${method} ${path}: ${response.statusCode} ${answer}`));
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Wait until pods can run: the node is ready, and the controllers have removed its initial taints. */
export async function waitUntilReady(cluster: ClusterAccess): Promise<void> {
  await until(
    "the node to be ready",
    async () => {
      const { spec, status } = JSON.parse(await ask(cluster, "GET", "/api/v1/nodes/localhost"));
      return status.conditions.some(isReady) && !spec.taints?.length;
    },
    { within: 90_000, every: 100 },
  );
  const namespace = () => ask(cluster, "GET", "/api/v1/namespaces/default");
  await until("the namespace default", namespace);
}

const isReady = ({ type, status }: { type: string; status: string }) => type === "Ready" && status === "True";
