import { create } from "@bufbuild/protobuf";
import {
  type Diagnostic,
  type Environment,
  finding,
  findingOf,
  type NodeConfig,
  NodeConfigSchema,
} from "slipway/driver";
import { listContexts } from "../../engine/src/context-store.js";
import { configDirOf } from "../../engine/src/docker-config.js";
import { formatEndpoint } from "../../engine/src/endpoint.js";
import { contextEndpoint, defaultContext, selectContext } from "../../engine/src/select-endpoint.js";

/** One builder for each Docker context, with its name. Contexts that cannot be read are diagnostics. */
export async function implicitBuilders(environment: Environment) {
  const diagnostics: Diagnostic[] = [];
  const attempt = async <T>(fallback: T, work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      diagnostics.push(findingOf(error));
      return fallback;
    }
  };
  const { contexts, unreadable } = await attempt({ contexts: [], unreadable: [] }, () =>
    listContexts(configDirOf(environment)),
  );
  diagnostics.push(...unreadable.map((error) => findingOf(error)));
  const selected = await attempt(undefined, () => selectContext(environment));
  const builders: { config: NodeConfig; current: boolean; description: string }[] = [];
  for (const { name, description } of [{ name: defaultContext, description: "" }, ...contexts]) {
    const endpoint = await attempt(undefined, () => formatEndpoint(contextEndpoint(name, environment)));
    if (endpoint === undefined) continue;
    builders.push({
      config: create(NodeConfigSchema, { builder: name, node: name, endpoint }),
      current: name === selected,
      description,
    });
  }
  if (selected !== undefined && !builders.some(({ current }) => current)) {
    const message = `The selected Docker context "${selected}" does not exist or cannot be read.`;
    const remedy =
      "`docker context ls` lists the contexts; `docker context use` or DOCKER_CONTEXT selects one.";
    diagnostics.push(finding({ reason: "CONTEXT_NOT_FOUND", message, remedy }));
  }
  return { builders, diagnostics };
}
