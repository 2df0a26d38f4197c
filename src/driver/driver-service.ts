import { Code, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import {
  type DriverService,
  ListImplicitBuildersRequestSchema,
  type TunnelRequest,
} from "../gen/slipway/driver/v1/driver_pb.js";
import type { NodeConfig } from "../gen/slipway/driver/v1/node_pb.js";
import { capabilityIds, hasCapability } from "../plugin-protocol/capabilities.js";
import { maxMessageBytes } from "../plugin-protocol/connection.js";
import { KeyedMutex } from "../util/keyed-mutex.js";
import { requireAnyImplemented, requireImplemented } from "./capabilities.js";
import type { AnyDriver } from "./driver.js";
import { driverError, requestError } from "./driver-error.js";
import type { DriverTable } from "./driver-table.js";
import { streaming, unary } from "./handler.js";
import type { Leases } from "./leases.js";
import { pager } from "./pages.js";
import { type PolicyEngine, policyCapabilities } from "./policies.js";
import { withSteps } from "./steps.js";
import { tunnel } from "./tunnel.js";
import { upgradeConfig } from "./upgrade-config.js";

/** A plugin and its drivers. */
export interface PluginDefinition {
  /** Name, as in its manifest. */
  name: string;
  /** Version in SemVer form. */
  version: string;
  /** The author or company. */
  vendor?: string;
  /** Home page. */
  url?: string;
  /** Ids of the host capabilities that the plugin requires. */
  requires?: string[];
  /** The drivers; at least one, unless it has a policy engine. */
  drivers?: AnyDriver[];
  /** Decides what builds may take from elsewhere. */
  policies?: PolicyEngine;
}

/** DriverService of a plugin's drivers. Calls that change the same node run one after another. */
export function driverService(
  plugin: PluginDefinition,
  table: DriverTable,
  leases: Leases,
): ServiceImpl<typeof DriverService> {
  const mutex = new KeyedMutex();

  const exclusively = <T>(config: NodeConfig, { signal }: HandlerContext, work: () => Promise<T>) =>
    mutex.runExclusive(config.node, signal, work);

  return {
    handshake: unary((request) => {
      const { name, version, vendor, url } = plugin;
      for (const id of plugin.requires ?? []) {
        if (hasCapability(request, id)) continue;
        throw driverError({
          code: Code.FailedPrecondition,
          reason: "CAPABILITY_REQUIRED",
          message: `The plugin ${name} needs a host with the capability ${id}.`,
          remedy: "Update the host, or use an older version of the plugin.",
          metadata: { capability: id },
        });
      }
      return {
        plugin: { peer: { name, version }, vendor, url },
        drivers: table.descriptors(),
        policyLanguages: plugin.policies?.languages,
        policyCapabilities: plugin.policies && policyCapabilities(plugin.policies),
        limits: { maxMessageBytes: BigInt(maxMessageBytes) },
      };
    }),

    listImplicitBuilders: unary(async (request, { signal }) => {
      const driver = table.get(request.driver);
      requireImplemented(table.descriptor(driver), capabilityIds.implicitBuilders, "ListImplicitBuilders");
      const page = pager(ListImplicitBuildersRequestSchema, request);
      const { builders = [], diagnostics } = await driver.implicitBuilders!(request.environment, { signal });
      const { entries, nextPageToken } = page(builders, ({ config }) => config?.builder ?? "");
      return { builders: entries, diagnostics, nextPageToken };
    }),

    validate: unary((request, { signal }) => {
      const { driver, config } = table.node(request);
      return driver.validate(config, request.environment, { signal });
    }),

    upgradeConfig: unary((request, { signal }) => {
      const { driver, config } = table.node(request);
      return upgradeConfig(driver, request, config, { signal });
    }),

    bootstrap: streaming(async function* (request, context) {
      const { driver, config } = table.node(request);
      const { signal } = context;
      const work = withSteps((progress) =>
        exclusively(config, context, () =>
          driver.bootstrap(config, { progress, credentials: request.credentials, signal }),
        ),
      );
      for await (const event of work) {
        yield event.case === "progress"
          ? { event }
          : { event: { case: "status" as const, value: event.value } };
      }
    }),

    inspect: unary(async (request, { signal }) => {
      const { driver, config } = table.node(request);
      return { status: await driver.inspect(config, { signal }) };
    }),

    stop: unary(async (request, context) => {
      requireImplemented(table.descriptor(table.get(request.driver)), capabilityIds.stopBuilders, "Stop");
      const { driver, config } = table.node(request);
      const { signal } = context;
      const stop = () => driver.stop!(config, { force: request.force, signal });
      return { status: await exclusively(config, context, stop) };
    }),

    remove: unary(async (request, context) => {
      const { driver, config } = table.node(request);
      const { force, keepState, keepDaemon } = request;
      const { signal } = context;
      const remove = () => driver.remove(config, { force, keepState, keepDaemon, signal });
      return exclusively(config, context, remove);
    }),

    acquire: streaming((request, { signal }) => leases.acquire(request, signal)),

    tunnel: streaming(async function* (requests: AsyncIterable<TunnelRequest>, { signal }) {
      requireAnyImplemented(table.descriptors(), capabilityIds.tunnel, "Tunnel");
      const messages = requests[Symbol.asyncIterator]();
      const first = await messages.next();
      const part = first.value?.part;
      if (part?.case !== "start")
        throw requestError("start", "START_MISSING", "The first message of a tunnel must name its lease.");
      const start = part.value;
      requireImplemented(table.descriptor(table.get(start.driver)), capabilityIds.tunnel, "Tunnel");
      const stream = await leases.connect(start, signal);
      yield* tunnel(stream, { [Symbol.asyncIterator]: () => messages }, signal);
    }),
  };
}
