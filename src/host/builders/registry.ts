import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { invalidField, typedError } from "../../errors.js";
import type { DriverDescriptor } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import { EndpointUse } from "../../gen/slipway/driver/v1/descriptor_pb.js";
import type { Diagnostic } from "../../gen/slipway/driver/v1/diagnostic_pb.js";
import {
  type AppendNodeRequest,
  type Builder,
  BuilderSchema,
  type CreateBuilderRequest,
  NodeSchema,
} from "../../gen/slipway/v1/builder_pb.js";
import type { PluginManager } from "../plugins/plugin-manager.js";
import type { Store } from "../store/store.js";
import { hasCapability } from "./capability.js";
import { type Environment, findImplicitBuilders } from "./implicit.js";
import { configureNode } from "./node-spec.js";

const namePattern = /^[a-z][a-z0-9._-]*$/;

/** Knows every builder: the stored ones, and those that drivers offer by themselves. */
export class BuilderRegistry {
  readonly #store: Store;
  readonly #plugins: PluginManager;

  constructor(store: Store, plugins: PluginManager) {
    this.#store = store;
    this.#plugins = plugins;
  }

  /** The builder of that name, or the default for an empty one; NOT_FOUND, reason BUILDER_UNKNOWN. */
  async resolve(name: string, environment: Environment): Promise<Builder> {
    const wanted = name || this.#store.defaultBuilder;
    const stored = wanted ? this.#store.builder(wanted) : undefined;
    if (stored) return this.#mark(stored);
    const { builders, diagnostics } = await this.#implicit(environment);
    const found = builders.find((builder) => (wanted ? builder.name === wanted : builder.current));
    if (found) return found;
    throw wanted ? unknownBuilder(wanted, [...this.#store.builders(), ...builders]) : noDefault(diagnostics);
  }

  /** All builders: stored ones by name, then implicit ones that none of them hides. */
  async list(environment: Environment): Promise<{ builders: Builder[]; diagnostics: Diagnostic[] }> {
    const stored = this.#store.builders().map((builder) => this.#mark(builder));
    const { builders, diagnostics } = await this.#implicit(environment);
    const names = new Set(stored.map((builder) => builder.name));
    return { builders: [...stored, ...builders.filter(({ name }) => !names.has(name))], diagnostics };
  }

  /** Validates and stores a new builder, or changes nothing. */
  async create(request: CreateBuilderRequest): Promise<{ builder: Builder; diagnostics: Diagnostic[] }> {
    const name = (request.name || randomName()).toLowerCase();
    if (!namePattern.test(name)) {
      const message = `invalid builder name ${JSON.stringify(request.name)}`;
      throw invalidField(
        "name",
        "BUILDER_NAME_INVALID",
        message,
        "begin with a letter; use letters, digits, . _ -",
      );
    }
    const driver = await this.#chooseDriver(request);
    const names = { builder: name, node: request.node?.name || `${name}0` };
    const { config, diagnostics } = await configureNode(
      this.#plugins,
      driver,
      names,
      request.node,
      request.environment,
    );
    const nodes = [create(NodeSchema, { config })];
    const builder = create(BuilderSchema, { name, driver, nodes, createTime: timestampNow() });
    const reserved = (await this.#implicit(request.environment)).builders.some(
      (other) => other.name === name,
    );
    if (reserved) throw nameTaken(name, "it is the name of a builder that exists by itself");
    if (this.#store.builder(name)) throw nameTaken(name);
    if (!request.validateOnly && !(await this.#store.putBuilder(builder, { isNew: true })))
      throw nameTaken(name);
    return { builder, diagnostics };
  }

  /** Adds a node to a stored builder, or changes the one of that name. */
  async append(request: AppendNodeRequest): Promise<{ builder: Builder; diagnostics: Diagnostic[] }> {
    const builder = this.stored(request.builder);
    const taken = builder.nodes.map((node) => node.config?.node);
    const free = [...Array(taken.length + 1).keys()]
      .map((n) => `${builder.name}${n}`)
      .find((n) => !taken.includes(n))!;
    const names = { builder: builder.name, node: request.node?.name || free };
    const { config, diagnostics } = await configureNode(
      this.#plugins,
      builder.driver,
      names,
      request.node,
      request.environment,
    );
    const index = taken.indexOf(names.node);
    const twin = builder.nodes.find((node, i) => i !== index && node.config?.endpoint === config.endpoint);
    if (twin && config.endpoint) {
      const message = `node ${twin.config?.node} has the endpoint ${config.endpoint} already`;
      throw invalidField("node.endpoint", "ENDPOINT_DUPLICATE", message);
    }
    builder.nodes.splice(index < 0 ? taken.length : index, index < 0 ? 0 : 1, create(NodeSchema, { config }));
    await this.#store.putBuilder(builder, { isNew: false });
    return { builder, diagnostics };
  }

  /** A builder that can be changed; FAILED_PRECONDITION, reason BUILDER_IMPLICIT, for one that exists by itself. */
  stored(name: string): Builder {
    const builder = this.#store.builder(name);
    if (builder) return this.#mark(builder);
    throw typedError({
      code: Code.NotFound,
      reason: "BUILDER_UNKNOWN",
      message: `no builder ${JSON.stringify(name)} was created`,
      remedy: "see `slipway ls`; builders that exist by themselves can't be changed or removed",
    });
  }

  /** Stores a changed builder. */
  async update(builder: Builder): Promise<void> {
    await this.#store.putBuilder(builder, { isNew: false });
  }

  /** Forgets a builder, also as the default. */
  async remove(name: string): Promise<void> {
    await this.#store.removeBuilder(name);
    if (this.#store.defaultBuilder === name) await this.#store.setDefaultBuilder(undefined);
  }

  /** Makes a builder the default; an empty name goes back to what the environment selects. */
  async setDefault(name: string, environment: Environment): Promise<Builder> {
    if (name) await this.resolve(name, environment);
    await this.#store.setDefaultBuilder(name || undefined);
    return this.resolve(name, environment);
  }

  #mark(builder: Builder): Builder {
    builder.current = this.#store.defaultBuilder === builder.name;
    return builder;
  }

  async #implicit(environment: Environment): Promise<{ builders: Builder[]; diagnostics: Diagnostic[] }> {
    const { found, diagnostics } = await findImplicitBuilders(this.#plugins, environment);
    const chosen =
      this.#store.defaultBuilder ?? found.find(({ builder }) => builder.current)?.builder.config?.builder;
    const builders = found.map(({ driver, builder }) => {
      const name = builder.config?.builder ?? "";
      const nodes = [create(NodeSchema, { config: builder.config })];
      return create(BuilderSchema, { name, driver, nodes, implicit: true, current: name === chosen });
    });
    return { builders, diagnostics };
  }

  async #chooseDriver({ driver, node, environment }: CreateBuilderRequest): Promise<string> {
    if (driver) return driver;
    const endpoint = node?.endpoint ?? "";
    const drivers = await this.#plugins.describe();
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(endpoint)?.[1];
    const fitting = drivers
      .map(({ descriptor }) => descriptor)
      .filter(
        (descriptor) =>
          hasCapability(descriptor, "builders.create") && takes(descriptor, scheme, endpoint, environment),
      )
      .sort((a, b) => a.priority - b.priority);
    if (fitting[0]) return fitting[0].name;
    const message = endpoint ? `no driver takes the endpoint ${endpoint}` : "no driver can create builders";
    throw invalidField("driver", "DRIVER_MISSING", message, "see `slipway drivers`, and name one");
  }
}

function takes(
  { endpoint, environmentVariables }: DriverDescriptor,
  scheme: string | undefined,
  text: string,
  environment: Environment,
): boolean {
  // What must have an endpoint may find it in a variable that it asks for.
  if (!text && endpoint?.use === EndpointUse.REQUIRED)
    return environmentVariables.some((name) => environment[name]);
  if (!text) return true;
  if (endpoint?.use === EndpointUse.FORBIDDEN) return false;
  return !endpoint?.schemes.length || (scheme !== undefined && endpoint.schemes.includes(scheme));
}

function nameTaken(name: string, why = "there is a builder of that name") {
  return typedError({
    code: Code.AlreadyExists,
    reason: "BUILDER_EXISTS",
    message: `existing instance for ${JSON.stringify(name)}: ${why}`,
    remedy: "choose another name, append a node to it, or remove it first",
    fields: [{ field: "name", message: "taken" }],
  });
}

function unknownBuilder(name: string, known: Builder[]) {
  return typedError({
    code: Code.NotFound,
    reason: "BUILDER_UNKNOWN",
    message: `no builder ${JSON.stringify(name)} found`,
    remedy: `there are: ${known.map((builder) => builder.name).join(", ") || "none"}`,
    fields: [{ field: "builder", message: "unknown" }],
  });
}

function noDefault(diagnostics: Diagnostic[]) {
  const why = diagnostics.map((diagnostic) => diagnostic.message).join("; ");
  return typedError({
    code: Code.NotFound,
    reason: "BUILDER_UNKNOWN",
    message: `no builder is named, and none is the default${why && `: ${why}`}`,
    remedy:
      diagnostics.find((diagnostic) => diagnostic.remedy)?.remedy || "create one, or name one with --builder",
  });
}

function randomName(): string {
  const left = "brave calm eager fair keen kind quick quiet steady warm".split(" ");
  const right = "anchor barge ferry galley harbor keel ketch rudder schooner sloop".split(" ");
  const pick = (words: string[]) => words[Math.floor(Math.random() * words.length)];
  return `${pick(left)}_${pick(right)}`;
}
