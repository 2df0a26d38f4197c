import type { EngineApi } from "../../engine/src/api.js";
import type { EngineAnswer } from "../../engine/src/explain-answer.js";
import { demultiplex } from "./exec-stream.js";

/** An Engine's description of a container; only the fields that are used. */
export interface Container {
  Id: string;
  /** How often the Engine has restarted it. */
  RestartCount: number;
  State: {
    Status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
    OOMKilled: boolean;
    ExitCode: number;
    /** Why it could not be started. */
    Error: string;
  };
  Config: { Image: string; Labels: Record<string, string> | null };
  /** Additional programs that run in the container. */
  ExecIDs: string[] | null;
}

/** Lines of a failed container's log: how many to show, and of how many last ones. */
const logLines = { shown: 20, read: 500 };

/** Finds a container by name or id; undefined when it does not exist. */
export function findContainer(engine: EngineApi, name: string): Promise<Container | undefined> {
  return unlessMissing(engine.get<Container>(`/containers/${encodeURIComponent(name)}/json`));
}

/** Whether a volume exists. */
export async function hasVolume(engine: EngineApi, name: string): Promise<boolean> {
  return (await unlessMissing(engine.get(`/volumes/${encodeURIComponent(name)}`))) !== undefined;
}

/** The result of a call; undefined when the Engine answers 404. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error) => {
    if (statusOf(error) === 404) return undefined;
    throw error;
  });
}

/** The HTTP status in an error of the Engine. */
export function statusOf(error: unknown): number | undefined {
  // Dockerode's errors have it too.
  return (error as Partial<EngineAnswer>).statusCode;
}

/** The last lines of a container's log, without the stack traces that buildkitd adds to errors in debug mode. */
export async function logTail(engine: EngineApi, id: string): Promise<string> {
  const docker = await engine.docker();
  const output = await docker.getContainer(id).logs({ stdout: true, stderr: true, tail: logLines.read });
  const lines = demultiplex(output as unknown as Buffer)
    .trim()
    .split("\n");
  const isFrame = (line?: string) => line?.startsWith("\t");
  const messages = lines.filter((line, index) => !isFrame(line) && !isFrame(lines[index + 1]));
  const last = messages.slice(-logLines.shown);
  // A container in a restart loop may already be in its next attempt.
  const cause = messages.findLast((line) => line.startsWith("buildkitd: "));
  // First, since the end of a long error is cut off.
  return (cause ? [cause, ...last.filter((line) => line !== cause)] : last).join("\n");
}

/** How a container ended: a clause that continues "it …". A stopped buildkitd exits with code 1. */
export function howEnded({ State }: Container): string {
  if (State.Error) return `could not be started: ${State.Error}`;
  if (State.OOMKilled) return `was killed because it ran out of memory (exit code ${State.ExitCode})`;
  return `has exited (exit code ${State.ExitCode})`;
}
