import type { EngineApi } from "../../engine/src/api.js";
import type { EngineAnswer } from "../../engine/src/explain-answer.js";
import { demultiplex } from "./exec-stream.js";

/** What an Engine says of a container; only what is used of it. */
export interface Container {
  Id: string;
  /** How often the Engine has started it again by itself. */
  RestartCount: number;
  State: {
    Status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
    OOMKilled: boolean;
    ExitCode: number;
    /** Why it could not be started. */
    Error: string;
  };
  Config: { Image: string; Labels: Record<string, string> | null };
  /** Programs beside the container's own that run in it. */
  ExecIDs: string[] | null;
}

/** How many lines of a container's log are told when it failed, and of how many they are chosen. */
const logLines = { told: 20, read: 500 };

/** Looks a container up; undefined when there is none of that name. */
export function findContainer(engine: EngineApi, name: string): Promise<Container | undefined> {
  return unlessMissing(engine.get<Container>(`/containers/${encodeURIComponent(name)}/json`));
}

/** Whether there is a volume of that name. */
export async function hasVolume(engine: EngineApi, name: string): Promise<boolean> {
  return (await unlessMissing(engine.get(`/volumes/${encodeURIComponent(name)}`))) !== undefined;
}

/** What a piece of work gives; undefined when the Engine answers that there is no such thing. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error) => {
    if (statusOf(error) === 404) return undefined;
    throw error;
  });
}

/** Status of the Engine's answer that an error stands for. */
export function statusOf(error: unknown): number | undefined {
  // Dockerode's errors have it, too.
  return (error as Partial<EngineAnswer>).statusCode;
}

/** The last lines that a container wrote, without the stack traces that buildkitd adds to errors when it debugs. */
export async function logTail(engine: EngineApi, id: string): Promise<string> {
  const docker = await engine.docker();
  const output = await docker.getContainer(id).logs({ stdout: true, stderr: true, tail: logLines.read });
  const lines = demultiplex(output as unknown as Buffer)
    .trim()
    .split("\n");
  const isFrame = (line?: string) => line?.startsWith("\t");
  const told = lines.filter((line, index) => !isFrame(line) && !isFrame(lines[index + 1]));
  const last = told.slice(-logLines.told);
  // One that is started again and again may be at the beginning of its next attempt.
  const cause = told.findLast((line) => line.startsWith("buildkitd: "));
  return (cause && !last.includes(cause) ? [cause, ...last] : last).join("\n");
}

/** How a container ended, to continue "it …". Exit code 1 is what buildkitd has when it is stopped. */
export function howEnded({ State }: Container): string {
  if (State.Error) return `could not be started: ${State.Error}`;
  if (State.OOMKilled) return `was ended because it ran out of memory (exit code ${State.ExitCode})`;
  return `has ended (exit code ${State.ExitCode})`;
}
