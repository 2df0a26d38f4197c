import { randomBytes } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type DriverDescriptor, EndpointUse } from "../gen/slipway/driver/v1/descriptor_pb.js";
import type { HandshakeResponse } from "../gen/slipway/driver/v1/driver_pb.js";
import {
  type NodeConfig,
  NodeConfigSchema,
  NodeState,
  type NodeStatus,
} from "../gen/slipway/driver/v1/node_pb.js";
import { asHost, type Peer, type PluginCommand, PluginProcess, type StartOptions } from "./plugin-process.js";
import { collect } from "./streams.js";
import { must, Violation } from "./violation.js";

/** An address at which nothing listens. */
export const nowhere = "tcp://127.0.0.1:1";

/** A node as a user would configure it, and the values of the driver's environment variables. */
export interface NodeInit {
  /** Without names it gets the kit's own. */
  config: MessageInitShape<typeof NodeConfigSchema>;
  environment?: Record<string, string>;
}

/** What the kit is told of a backend. */
export interface BackendInit extends NodeInit {
  /**
   * A node whose backend cannot be reached. By default it is made from the configuration, with an endpoint at which
   * nothing listens, for drivers that take tcp:// or unix://.
   */
  unreachable?: NodeInit;
}

interface Node {
  config: NodeConfig;
  environment: Record<string, string>;
}

/** {@link BackendInit}, complete. */
export interface Backend extends Node {
  unreachable?: Node;
}

/** Completes what the kit is told of a backend. */
export function toBackend({ unreachable, ...node }: BackendInit): Backend {
  return { ...toNode(node), ...(unreachable && { unreachable: toNode(unreachable) }) };
}

function toNode({ config, environment = {} }: NodeInit): Node {
  return { config: create(NodeConfigSchema, config), environment };
}

/** Endpoints at which nothing listens, by their schemes. */
const deadEndpoints = { tcp: nowhere, unix: "unix:///nonexistent/conformance.sock" };

function deadEndpoint({ endpoint }: DriverDescriptor): string | undefined {
  if (endpoint?.use === EndpointUse.FORBIDDEN) return undefined;
  return Object.entries(deadEndpoints).find(([scheme]) => endpoint?.schemes.includes(scheme))?.[1];
}

/** The plugin under test, and what checks share: one process of it, and one node. */
export class Subject {
  /** A text that must be in no log and no message. */
  readonly canary = `canary-${randomBytes(8).toString("hex")}`;
  /** What all processes but the running one wrote. */
  readonly #written: string[] = [];
  readonly #fresh: PluginProcess[] = [];
  #shared: Promise<{ process: PluginProcess; peer: Peer; handshake: HandshakeResponse }> | undefined;
  #driver: DriverDescriptor | undefined;
  #drivers: readonly DriverDescriptor[] = [];
  #node: NodeConfig | undefined;

  constructor(
    private readonly command: PluginCommand,
    private readonly driverName?: string,
    readonly backend?: Backend,
  ) {}

  /** Starts the shared process and learns its drivers. Rejects with {@link Violation}. */
  async open(): Promise<HandshakeResponse> {
    this.#shared ??= this.#start();
    const { handshake } = await this.#shared;
    const { drivers } = handshake;
    this.#drivers = drivers;
    this.#driver = this.driverName ? drivers.find(({ name }) => name === this.driverName) : drivers[0];
    const known = drivers.map(({ name }) => name).join(", ") || "none";
    if (this.driverName) must(this.#driver, `it has no driver ${this.driverName}, only ${known}`);
    must(this.#driver, "it told no driver in Handshake");
    return handshake;
  }

  async #start() {
    const process = new PluginProcess(this.command);
    try {
      const peer = await process.peer();
      const handshake = await peer.driver.handshake(asHost, { timeoutMs: 30_000 });
      return { process, peer, handshake };
    } catch (cause) {
      await process.end();
      throw new Violation(`it could not be started: ${(cause as Error).message}`);
    }
  }

  /** The driver under test. */
  get driver(): DriverDescriptor {
    return this.#driver!;
  }

  /** All drivers of the plugin. */
  get drivers(): readonly DriverDescriptor[] {
    return this.#drivers;
  }

  /** The shared process. */
  async process(): Promise<PluginProcess> {
    await this.open();
    return (await this.#shared!).process;
  }

  /** Clients of the shared process. */
  async peer(): Promise<Peer> {
    await this.open();
    return (await this.#shared!).peer;
  }

  /** Another process of the plugin, ended after the check at the latest. */
  fresh(options?: StartOptions): PluginProcess {
    const process = new PluginProcess(this.command, options);
    this.#fresh.push(process);
    return process;
  }

  /** Ends the processes that a check started, and the shared one when it is broken. */
  async tidy(): Promise<void> {
    for (const process of this.#fresh.splice(0)) {
      await process.end();
      this.#written.push(process.stderr);
    }
    const shared = await this.#shared?.catch(() => undefined);
    if (!shared?.process.over) return;
    this.#written.push(shared.process.stderr);
    await shared.process.end();
    this.#shared = undefined;
  }

  /** All that the plugin's processes logged so far; what was logged in a call comes before the next answer. */
  async written(): Promise<string> {
    await (await this.peer()).driver.handshake(asHost, { timeoutMs: 30_000 });
    return [...this.#written, (await this.process()).stderr].join("\n");
  }

  /** A configuration that Validate should take: the given one, or the least there is. Undefined when that is not known. */
  async sample(): Promise<NodeConfig | undefined> {
    if (this.backend) return this.named(this.backend.config);
    const { name, endpoint, options, capabilities } = this.driver;
    if (!capabilities.some(({ id }) => id === "builders.create")) {
      const { driver } = await this.peer();
      return (await driver.listImplicitBuilders({ driver: name })).builders[0]?.config;
    }
    if (endpoint?.use === EndpointUse.REQUIRED || options.some(({ required }) => required)) return undefined;
    return this.named(create(NodeConfigSchema));
  }

  /** A configuration for calls that may refuse it. */
  async anyConfig(): Promise<NodeConfig> {
    return this.named((await this.sample()) ?? create(NodeConfigSchema));
  }

  /** A configuration with names, if it has none of its own. */
  named(config: NodeConfig): NodeConfig {
    const { builder = "", node = "" } = config;
    return create(NodeConfigSchema, {
      ...config,
      builder: builder || "conformance",
      node: node || this.#name,
    });
  }

  readonly #name = `conformance-${randomBytes(4).toString("hex")}`;

  /** Clients of the shared process, and the node of the backend. */
  async target() {
    return { ...(await this.peer()), node: await this.node() };
  }

  /** The node of the backend in normal form; needs a configuration. */
  async node(): Promise<{ driver: string; config: NodeConfig }> {
    this.#node ??= await this.#normal("the given configuration", this.backend!);
    return { driver: this.driver.name, config: this.#node };
  }

  /** Whether {@link Subject.unreachable} has a node to return. */
  hasUnreachable(): boolean {
    return Boolean(this.backend?.unreachable || deadEndpoint(this.driver));
  }

  /** A node whose backend cannot be reached, in normal form, and its environment. */
  async unreachable() {
    const { config: given, environment, unreachable } = this.backend!;
    const made = { config: { ...given, endpoint: deadEndpoint(this.driver) ?? "" }, environment };
    const chosen = unreachable ?? made;
    const config = await this.#normal("the configuration without a backend", chosen);
    return { driver: this.driver.name, config, environment: chosen.environment };
  }

  async #normal(what: string, { config: given, environment }: Node) {
    const { driver } = await this.peer();
    const request = { driver: this.driver.name, config: this.named(given), environment };
    const { config, diagnostics } = await driver.validate(request);
    const found = diagnostics.map(({ field, message }) => `${field}: ${message}`).join("; ");
    must(config, `${what} is refused: ${found || "no reason was told"}`);
    return config;
  }

  /** Runs Bootstrap to its end; with another configuration, if one is given. */
  async bootstrap(config?: NodeConfig): Promise<NodeStatus> {
    const { driver } = await this.peer();
    const credentials = { "registry.invalid": { username: "conformance", secret: this.canary } };
    const node = await this.node();
    const request = { ...node, config: config ?? node.config, credentials };
    const last = (await collect(driver.bootstrap(request))).at(-1)?.event;
    must(last?.case === "status", "the last message of Bootstrap is no status");
    must(
      last.value.state === NodeState.RUNNING,
      `Bootstrap ended with the node in state ${NodeState[last.value.state]}: ${last.value.reason}`,
    );
    return last.value;
  }

  /** Ends everything, and removes the node if there is one. */
  async close(): Promise<void> {
    try {
      if (this.#node) {
        const { driver } = await this.peer();
        await driver.remove({ ...(await this.node()), force: true }, { timeoutMs: 60_000 });
      }
    } finally {
      await this.tidy();
      const shared = await this.#shared?.catch(() => undefined);
      await shared?.process.end();
    }
  }
}
