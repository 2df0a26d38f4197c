import { request as httpRequest } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { KubeConfig, V1Status } from "@kubernetes/client-node";
import { withTimeout } from "slipway/driver";
import { noCredentials, type Operation, refusal, unreachable } from "./faults.js";

/** So long the API server may take to answer, in milliseconds. */
const answerMs = 15_000;
/** Who owns the fields that are applied. */
const fieldManager = "slipway";

/** An object of Kubernetes, as far as every one has it. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata?: {
    name?: string;
    uid?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    resourceVersion?: string;
    deletionTimestamp?: Date | string;
  };
}

/** A kind of object, by its place in the API. */
export interface Kind {
  /** "/api/v1" or "/apis/apps/v1". */
  group: string;
  /** Plural, as access rules have it. */
  resource: string;
}

/** Kinds that this driver uses. */
export const kinds = {
  deployments: { group: "/apis/apps/v1", resource: "deployments" },
  statefulsets: { group: "/apis/apps/v1", resource: "statefulsets" },
  pods: { group: "/api/v1", resource: "pods" },
  secrets: { group: "/api/v1", resource: "secrets" },
  claims: { group: "/api/v1", resource: "persistentvolumeclaims" },
  events: { group: "/api/v1", resource: "events" },
} satisfies Record<string, Kind>;

/** Some objects of a kind. */
export interface Selector {
  labels?: string;
  fields?: string;
}

/** What the API server sends when something changes. */
export interface WatchEvent<T> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: T;
}

/**
 * One namespace of a cluster. Access and TLS are client-node's; objects travel as they are, since its typed clients
 * drop what they do not know, and a user's pod template may be newer than they are. Failures are typed.
 */
export class Api {
  readonly server: string;

  constructor(
    readonly access: KubeConfig,
    readonly namespace: string,
  ) {
    this.server = access.getCurrentCluster()!.server;
  }

  /** One object, or undefined when there is none. */
  async get<T extends KubernetesObject>(
    kind: Kind,
    name: string,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const response = await this.#send({ verb: "get", kind, name }, { method: "GET", signal, missing: true });
    return response && (JSON.parse(await text(response)) as T);
  }

  async list<T extends KubernetesObject>(
    kind: Kind,
    selector: Selector,
    signal: AbortSignal,
  ): Promise<{ items: T[]; resourceVersion: string }> {
    const response = await this.#send(
      { verb: "list", kind },
      { method: "GET", query: queryOf(selector), signal },
    );
    const { items, metadata } = JSON.parse(await text(response!));
    return { items, resourceVersion: metadata.resourceVersion };
  }

  /** Creates an object, or changes the one there is to what is given (server-side apply). */
  async apply<T extends KubernetesObject>(kind: Kind, object: T, signal: AbortSignal): Promise<T> {
    const response = await this.#send(
      { verb: "patch", kind, name: object.metadata!.name! },
      {
        method: "PATCH",
        // A field that the server does not know is a mistake and not something to drop in silence.
        query: { fieldManager, force: "true", fieldValidation: "Strict" },
        body: object,
        type: "application/apply-patch+yaml",
        signal,
      },
    );
    return JSON.parse(await text(response!));
  }

  /** Changes some fields of an object. Returns undefined when there is none. */
  async patch<T extends KubernetesObject>(
    kind: Kind,
    name: string,
    body: object,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const response = await this.#send(
      { verb: "patch", kind, name },
      {
        method: "PATCH",
        query: { fieldManager },
        body,
        type: "application/merge-patch+json",
        signal,
        missing: true,
      },
    );
    return response && JSON.parse(await text(response));
  }

  /** Deletes an object and all that it owns; says whether there was one. */
  async delete(
    kind: Kind,
    name: string,
    signal: AbortSignal,
    options: { gracePeriodSeconds?: number } = {},
  ): Promise<boolean> {
    const body = { propagationPolicy: "Foreground", ...options };
    const response = await this.#send(
      { verb: "delete", kind, name },
      { method: "DELETE", body, type: "application/json", signal, missing: true },
    );
    if (!response) return false;
    await text(response);
    return true;
  }

  /** Changes of the objects, from a version on, until the server ends it. */
  async *watch<T extends KubernetesObject>(
    kind: Kind,
    selector: Selector,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>> {
    const query = { ...queryOf(selector), watch: "true", resourceVersion };
    const response = await this.#send({ verb: "watch", kind }, { method: "GET", query, signal });
    let rest = "";
    try {
      for await (const chunk of response!.setEncoding("utf8") as AsyncIterable<string>) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop()!;
        for (const line of lines) if (line) yield JSON.parse(line) as WatchEvent<T>;
      }
    } catch (error) {
      signal.throwIfAborted();
      throw unreachable(this.server, error);
    }
  }

  /** What a connection to the server needs: TLS, proxy and login. */
  async connectionOptions(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    try {
      await this.access.applyToHTTPSOptions(options as never);
    } catch (cause) {
      throw noCredentials(cause as Error);
    }
    return options;
  }

  /** The path of an object or a list of them. */
  path({ group, resource }: Kind, name?: string): string {
    const list = `${group}/namespaces/${encodeURIComponent(this.namespace)}/${resource}`;
    return name === undefined ? list : `${list}/${encodeURIComponent(name)}`;
  }

  async #send(
    { verb, kind, name }: { verb: string; kind: Kind; name?: string },
    { method, query = {}, body, type, signal, missing }: Sending,
  ): Promise<Readable | undefined> {
    const operation: Operation = {
      verb,
      resource: kind.resource,
      namespace: this.namespace,
      ...(name && { name }),
    };
    const url = new URL(this.server + this.path(kind, name));
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    const options = await this.connectionOptions();
    options.method = method;
    options.headers = {
      accept: "application/json",
      ...options.headers,
      ...(type && { "content-type": type }),
    };
    let response: Awaited<ReturnType<typeof exchange>>;
    try {
      response = await withTimeout(answerMs, signal, (limited) =>
        exchange(url, options, body && JSON.stringify(body), limited, signal),
      );
    } catch (error) {
      signal.throwIfAborted();
      throw unreachable(this.server, error);
    }
    const { statusCode = 0 } = response;
    if (statusCode < 300) return response;
    const status = readStatus(await text(response));
    // What is missing may also be the namespace, which reading need not be told apart.
    if (missing && statusCode === 404) return undefined;
    throw refusal(this.server, statusCode, status, operation);
  }
}

interface Sending {
  method: string;
  query?: Record<string, string>;
  body?: object;
  type?: string;
  signal: AbortSignal;
  /** Whether an object that does not exist is no error. */
  missing?: boolean;
}

/** Sends a request and returns its answer; one signal covers the way to it, the other one the reading of it, too. */
function exchange(
  url: URL,
  options: RequestOptions,
  body: string | undefined,
  opening: AbortSignal,
  whole: AbortSignal,
): Promise<import("node:http").IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === "http:" ? httpRequest : httpsRequest;
    const sent = send(url, { ...options, signal: whole });
    const late = () => sent.destroy(opening.reason);
    opening.addEventListener("abort", late);
    sent.once("response", (response) => {
      opening.removeEventListener("abort", late);
      resolve(response);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The API server's own words; a proxy before it may answer with anything. */
export function readStatus(body: string): Partial<V1Status> {
  try {
    const status = JSON.parse(body);
    if (typeof status?.status === "string") return status;
  } catch {}
  return { message: body.trim().slice(0, 300) };
}

function queryOf({ labels, fields }: Selector): Record<string, string> {
  return { ...(labels && { labelSelector: labels }), ...(fields && { fieldSelector: fields }) };
}
