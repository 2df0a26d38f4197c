import { randomBytes } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { EndpointUse } from "../gen/slipway/common/v1/endpoint_pb.js";
import { NodeState } from "../gen/slipway/common/v1/node_state_pb.js";
import type { DriverDescriptor } from "../gen/slipway/driver/v1/descriptor_pb.js";
import type { HandshakeResponse } from "../gen/slipway/driver/v1/driver_pb.js";
import { type NodeConfig, NodeConfigSchema, type NodeStatus } from "../gen/slipway/driver/v1/node_pb.js";
import { capabilityIds } from "../plugin-protocol/capabilities.js";
import type { Reattach } from "../plugin-protocol/reattach.js";
import { withPeriod } from "../util/with-period.js";
import { AttachedPlugin } from "./attached-plugin.js";
import { type Backend, deadEndpoint, type Node } from "./backend.js";
import { asHost, type Peer } from "./peer.js";
import { type PluginCommand, PluginProcess, type StartOptions } from "./plugin-process.js";
import { lastLines } from "./report/last-lines.js";
import { must, Violation } from "./report/violation.js";
import { collect } from "./streams.js";

/** The command that starts the plugin, or how one is attached that its author runs. */
export type PluginSource = PluginCommand | { attach: Reattach };

/** The plugin under test, with the process and the node that the checks share. */
export class Subject {
  /** A secret that must not be in any log or message. */
  readonly canary = `canary-${randomBytes(8).toString("hex")}`;
  /** The logs of ended processes. */
  readonly #written: string[] = [];
  readonly #fresh: PluginProcess[] = [];
  #shared:
    | Promise<{ process: PluginProcess | AttachedPlugin; peer: Peer; handshake: HandshakeResponse }>
    | undefined;
  #driver: DriverDescriptor | undefined;
  #drivers: readonly DriverDescriptor[] = [];
  #node: NodeConfig | undefined;

  constructor(
    private readonly source: PluginSource,
    private readonly driverName?: string,
    readonly backend?: Backend,
  ) {}

  /** Starts the shared process and gets its drivers. Rejects with {@link Violation}. */
  async open(): Promise<HandshakeResponse> {
    this.#shared ??= this.#start();
    const { handshake } = await this.#shared;
    const { drivers } = handshake;
    this.#drivers = drivers;
    this.#driver = this.driverName ? drivers.find(({ name }) => name === this.driverName) : drivers[0];
    const known = drivers.map(({ name }) => name).join(", ") || "none";
    if (this.driverName) must(this.#driver, `The plugin has no driver ${this.driverName}, only ${known}.`);
    must(this.#driver, "Handshake returned no driver.");
    return handshake;
  }

  async #start() {
    const { source } = this;
    const process = "attach" in source ? new AttachedPlugin(source.attach) : new PluginProcess(source);
    try {
      const peer = await process.peer();
      const handshake = await peer.driver.handshake(asHost, { timeoutMs: 30_000 });
      return { process, peer, handshake };
    } catch (cause) {
      await process.end();
      const lines = lastLines(process.stderr);
      const log = lines.length > 0 ? ` Its last lines:\n${lines.join("\n")}` : "";
      const what = this.isAttached ? "The plugin cannot be used" : "The plugin could not be started";
      throw new Violation(`${what}: ${withPeriod((cause as Error).message)}${log}`);
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

  /** The kit has not started the plugin, so it knows neither its start nor its end nor its output. */
  get isAttached(): boolean {
    return "attach" in this.source;
  }

  /** The shared process. */
  async process(): Promise<PluginProcess | AttachedPlugin> {
    await this.open();
    return (await this.#shared!).process;
  }

  /** Clients of the shared process. */
  async peer(): Promise<Peer> {
    await this.open();
    return (await this.#shared!).peer;
  }

  /** Starts another process of the plugin, which ends with the check. */
  fresh(options?: StartOptions): PluginProcess {
    if ("attach" in this.source) throw new Error("The kit does not start a plugin that it is attached to.");
    const process = new PluginProcess(this.source, options);
    this.#fresh.push(process);
    return process;
  }

  /** Ends the processes that a check started, and the shared one when it has died. */
  async cleanUp(): Promise<void> {
    for (const process of this.#fresh.splice(0)) {
      await process.end();
      this.#written.push(process.stderr);
    }
    const shared = await this.#shared?.catch(() => undefined);
    if (!shared?.process.ended) return;
    this.#written.push(shared.process.stderr);
    await shared.process.end();
    this.#shared = undefined;
  }

  /** Notes where the plugin's log stands; `lastLines` is what was written since, its last lines. */
  async startLog(): Promise<{ lastLines(): Promise<string[]> }> {
    const shared = async () => (await this.#shared?.catch(() => undefined))?.process;
    const before = await shared();
    const length = before?.stderr.length ?? 0;
    return {
      lastLines: async () => {
        const now = await shared();
        const own = now === before ? now?.stderr.slice(length) : now?.stderr;
        return lastLines(own ?? "", ...this.#fresh.map(({ stderr }) => stderr));
      },
    };
  }

  /** The logs of all processes so far. A call flushes the log of the shared process. */
  async written(): Promise<string> {
    await (await this.peer()).driver.handshake(asHost, { timeoutMs: 30_000 });
    return [...this.#written, (await this.process()).stderr].join("\n");
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
      await this.cleanUp();
      const shared = await this.#shared?.catch(() => undefined);
      await shared?.process.end();
    }
  }
}
