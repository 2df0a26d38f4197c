import { randomBytes } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { EndpointUse } from "../gen/slipway/common/v1/endpoint_pb.js";
import { NodeState } from "../gen/slipway/common/v1/node_state_pb.js";
import type { DriverDescriptor } from "../gen/slipway/driver/v1/descriptor_pb.js";
import type { HandshakeResponse } from "../gen/slipway/driver/v1/driver_pb.js";
import { type NodeConfig, NodeConfigSchema, type NodeStatus } from "../gen/slipway/driver/v1/node_pb.js";
import { capabilityIds } from "../plugin-protocol/capabilities.js";
import { type Backend, deadEndpoint, type Node } from "./backend.js";
import type { Peer } from "./peer.js";
import { must } from "./report/violation.js";
import { collect } from "./streams.js";
import { type PluginSource, SubjectProcesses } from "./subject-processes.js";

/** The plugin under test, with the process and the node that the checks share. */
export class Subject {
  /** A secret that must not be in any log or message. */
  readonly canary = `canary-${randomBytes(8).toString("hex")}`;
  /** The processes of the plugin. */
  readonly processes: SubjectProcesses;
  #driver: DriverDescriptor | undefined;
  #drivers: readonly DriverDescriptor[] = [];
  #node: NodeConfig | undefined;

  constructor(
    source: PluginSource,
    private readonly driverName?: string,
    readonly backend?: Backend,
  ) {
    this.processes = new SubjectProcesses(source);
  }

  /** Starts the shared process and gets its drivers. Rejects with a `Violation`. */
  async open(): Promise<HandshakeResponse> {
    const { handshake } = await this.processes.shared();
    const { drivers } = handshake;
    this.#drivers = drivers;
    this.#driver = this.driverName ? drivers.find(({ name }) => name === this.driverName) : drivers[0];
    const known = drivers.map(({ name }) => name).join(", ") || "none";
    if (this.driverName) must(this.#driver, `The plugin has no driver ${this.driverName}, only ${known}.`);
    must(this.#driver, "Handshake returned no driver.");
    return handshake;
  }

  /** The driver under test. */
  get driver(): DriverDescriptor {
    return this.#driver!;
  }

  /** All drivers of the plugin. */
  get drivers(): readonly DriverDescriptor[] {
    return this.#drivers;
  }

  /** Clients of the shared process. */
  async peer(): Promise<Peer> {
    await this.open();
    return (await this.processes.shared()).peer;
  }

  /** A configuration that Validate should accept: the given one, or a minimal one; undefined when none is known. */
  async sample(): Promise<NodeConfig | undefined> {
    if (this.backend) return this.named(this.backend.config);
    const { name, endpoint, options, capabilities } = this.driver;
    if (!capabilities.some(({ id }) => id === capabilityIds.createBuilders)) {
      const { driver } = await this.peer();
      return (await driver.listImplicitBuilders({ driver: name })).builders[0]?.config;
    }
    if (endpoint?.use === EndpointUse.REQUIRED || options.some(({ required }) => required)) return undefined;
    return this.named(create(NodeConfigSchema));
  }

  /** A configuration that may be invalid. */
  async anyConfig(): Promise<NodeConfig> {
    return this.named((await this.sample()) ?? create(NodeConfigSchema));
  }

  /** A configuration with its missing names filled in. */
  named(config: NodeConfig): NodeConfig {
    const { builder = "", node = "" } = config;
    return create(NodeConfigSchema, {
      ...config,
      builder: builder || "conformance",
      node: node || this.#name,
    });
  }

  readonly #name = `conformance-${randomBytes(4).toString("hex")}`;

  /** Clients of the shared process, and the backend's node. */
  async target() {
    return { ...(await this.peer()), node: await this.node() };
  }

  /** The backend's node in normal form; needs a configuration. */
  async node(): Promise<{ driver: string; config: NodeConfig }> {
    this.#node ??= await this.#normal("The given configuration", this.backend!);
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
    const config = await this.#normal("The configuration without a backend", chosen);
    return { driver: this.driver.name, config, environment: chosen.environment };
  }

  async #normal(what: string, { config: given, environment }: Node) {
    const { driver } = await this.peer();
    const request = { driver: this.driver.name, config: this.named(given), environment };
    const { config, diagnostics } = await driver.validate(request);
    const found = diagnostics.map(({ field, message }) => `${field}: ${message}`).join(" ");
    must(config, `${what} is refused: ${found || "Validate returned no reason."}`);
    return config;
  }

  /** Runs Bootstrap to its end, by default with the backend's configuration. */
  async bootstrap(config?: NodeConfig): Promise<NodeStatus> {
    const { driver } = await this.peer();
    const credentials = { "registry.invalid": { username: "conformance", secret: this.canary } };
    const node = await this.node();
    const request = { ...node, config: config ?? node.config, credentials };
    const last = (await collect(driver.bootstrap(request))).at(-1)?.event;
    must(last?.case === "status", "The last message of Bootstrap is not a status.");
    must(
      last.value.state === NodeState.RUNNING,
      `Bootstrap ended with the node in state ${NodeState[last.value.state]}: ${last.value.message}`,
    );
    return last.value;
  }

  /** Removes the node and ends all processes. */
  async close(): Promise<void> {
    try {
      if (this.#node) {
        const { driver } = await this.peer();
        await driver.remove({ ...(await this.node()), force: true }, { timeoutMs: 60_000 });
      }
    } finally {
      await this.processes.close();
    }
  }
}
