import {
  allFeatures,
  buildDefaultsOf,
  type Call,
  type NodeConfig,
  NodeState,
  type NodeStatusInit,
  statusOrUnreachable,
} from "slipway/driver";
import { describeEngine, type EngineApi, withEngine } from "../../engine/src/api.js";
import { locateEngine } from "../../engine/src/engine.js";
import { type Container, findContainer, hasVolume, howEnded } from "./container.js";
import { parseImageReference } from "./image-reference.js";
import { changedFields, isOurs } from "./labels.js";
import { containerName, volumeName } from "./names.js";

/** The part of a status that the container's state determines. */
interface State {
  state: NodeState;
  reason?: string;
  message?: string;
  remedy?: string;
}

/** The status of a node. Rejects only when the call was cancelled. */
export function inspect(config: NodeConfig, { signal }: Call): Promise<NodeStatusInit> {
  return statusOrUnreachable(signal, async () =>
    withEngine(await locateEngine(config.endpoint), signal, (engine) => look(engine, config)),
  );
}

/** The status of a node in an Engine that answers. */
export async function look(engine: EngineApi, config: NodeConfig): Promise<NodeStatusInit> {
  const backend = describeEngine(engine);
  const container = await findContainer(engine, containerName(config));
  const imageRegistries = [parseImageReference(config.options.image!).registry];
  if (!container) {
    const stateKept = await hasVolume(engine, volumeName(config));
    return { ...absent(config, stateKept), backend, stateKept, imageRegistries };
  }
  const labels = container.Config.Labels ?? {};
  const changed = changedFields(config, labels);
  const status = {
    ...stateOf(config, container),
    backend,
    changedFields: changed,
    imageRegistries: changed.length > 0 ? imageRegistries : [],
  };
  if (status.state !== NodeState.RUNNING) return status;
  return {
    ...status,
    ...(!isOurs(labels) && foreign(config)),
    features: allFeatures,
    buildDefaults: buildDefaultsOf(config),
  };
}

function absent(config: NodeConfig, stateKept: boolean): State {
  const name = containerName(config);
  return {
    state: NodeState.ABSENT,
    reason: "CONTAINER_ABSENT",
    message: stateKept
      ? `The container ${name} does not exist; its build cache is kept in the volume ${volumeName(config)}.`
      : `The container ${name} does not exist yet.`,
  };
}

function foreign(config: NodeConfig) {
  const message = `The container ${containerName(config)} was created by another program, so its settings cannot be compared with the builder's.`;
  return { reason: "CONTAINER_FOREIGN", message };
}

function stateOf(config: NodeConfig, container: Container): State {
  const name = containerName(config);
  const { State } = container;
  switch (State.Status) {
    case "running":
      return { state: NodeState.RUNNING };
    case "created":
      return {
        state: NodeState.STOPPED,
        reason: "CONTAINER_CREATED",
        message: State.Error
          ? `The container ${name} ${howEnded(container)}.`
          : `The container ${name} has not been started yet.`,
      };
    case "paused":
      return {
        state: NodeState.STOPPED,
        reason: "CONTAINER_PAUSED",
        message: `The container ${name} is paused.`,
        remedy: `The next build resumes it, and so does \`docker unpause ${name}\`.`,
      };
    case "restarting":
      return {
        state: NodeState.STARTING,
        reason: "CONTAINER_RESTARTING",
        message: `The container ${name} ${howEnded(container)} and is being restarted.`,
        remedy: `See why in its log: \`docker logs ${name}\`.`,
      };
    case "removing":
      return {
        state: NodeState.STOPPING,
        reason: "CONTAINER_REMOVING",
        message: `The container ${name} is being removed.`,
      };
    case "exited":
    case "dead":
      return {
        state: NodeState.STOPPED,
        reason: State.OOMKilled ? "CONTAINER_OUT_OF_MEMORY" : "CONTAINER_EXITED",
        message: `The container ${name} ${howEnded(container)}.`,
        remedy: State.OOMKilled ? "Raise the driver option memory." : "",
      };
  }
}
