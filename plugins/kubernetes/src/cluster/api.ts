import type { IncomingMessage } from "node:http";
import type { RequestOptions } from "node:https";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { KubeConfig } from "@kubernetes/client-node";
import { withTimeout } from "slipway/driver";
import { exchange } from "./exchange.js";
import { noCredentials, type Operation, refusal, unreachable } from "./faults.js";
import type { Kind, KubernetesObject, Selector, WatchEvent } from "./kinds.js";
import { readStatus } from "./read-status.js";

/** How long the API server may take to answer, in milliseconds. */
const answerMs = 15_000;
/** Owner of the applied fields. */
const fieldManager = "slipway";

/**
 * A client for one namespace of a cluster. client-node reads the access settings; its typed clients are not used, since
 * they drop unknown fields, and a user's pod template may have newer ones. Failures are typed.
 */
export class Api {
  readonly server: string;

  constructor(
    readonly access: KubeConfig,
    readonly namespace: string,
  ) {
    this.server = access.getCurrentCluster()!.server;
  }

  /** One object; undefined when it does not exist. */
  async get<T extends KubernetesObject>(
    kind: Kind,
    name: string,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const response = await this.#send(
      { verb: "get", kind, name },
      { method: "GET", signal, ignored: "NotFound" },
    );
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

  /** Creates an object; returns undefined when one of that name exists. */
  async create<T extends KubernetesObject>(
    kind: Kind,
    object: T,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const response = await this.#send(
      { verb: "create", kind },
      {
        method: "POST",
        query: { fieldManager, fieldValidation: "Strict" },
        body: object,
        type: "application/json",
        signal,
        ignored: "AlreadyExists",
      },
    );
    return response && JSON.parse(await text(response));
  }

  /** Creates or changes an object (server-side apply). */
  async apply<T extends KubernetesObject>(kind: Kind, object: T, signal: AbortSignal): Promise<T> {
    const response = await this.#send(
      { verb: "patch", kind, name: object.metadata!.name! },
      {
        method: "PATCH",
        // An unknown field is an error; by default the server drops it.
        query: { fieldManager, force: "true", fieldValidation: "Strict" },
        body: object,
        type: "application/apply-patch+yaml",
        signal,
      },
    );
    return JSON.parse(await text(response!));
  }

  /**
   * Changes some fields of an object. Returns undefined when the object does not exist. With a resource version in the
   * body it fails with KUBERNETES_CONFLICT if the object has another one.
   */
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
        ignored: "NotFound",
      },
    );
    return response && JSON.parse(await text(response));
  }

  /**
   * Deletes an object and everything that it owns; returns whether it existed. With preconditions it fails with
   * KUBERNETES_CONFLICT if they do not hold.
   */
  async delete(
    kind: Kind,
    name: string,
    signal: AbortSignal,
    options: { gracePeriodSeconds?: number; preconditions?: { resourceVersion: string } } = {},
  ): Promise<boolean> {
    const body = { propagationPolicy: "Foreground", ...options };
    const response = await this.#send(
      { verb: "delete", kind, name },
      { method: "DELETE", body, type: "application/json", signal, ignored: "NotFound" },
    );
    if (!response) return false;
    await text(response);
    return true;
  }

  /** Changes of objects since a version, until the server ends the watch. */
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

  /** TLS, proxy and login settings of connections to the server. */
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
    { method, query = {}, body, type, signal, ignored }: ApiRequest,
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
    let response: IncomingMessage;
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
    // The namespace may be missing too; callers need no distinction.
    if (ignored === "NotFound" && statusCode === 404) return undefined;
    if (ignored && status.reason === ignored) return undefined;
    throw refusal(this.server, statusCode, status, operation);
  }
}

interface ApiRequest {
  method: string;
  query?: Record<string, string>;
  body?: object;
  type?: string;
  signal: AbortSignal;
  /** The refusal that gives undefined instead of an error. */
  ignored?: "NotFound" | "AlreadyExists";
}

function queryOf({ labels, fields }: Selector): Record<string, string> {
  return { ...(labels && { labelSelector: labels }), ...(fields && { fieldSelector: fields }) };
}
