import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { readTypedError } from "slipway/driver";
import { expect, it } from "vitest";
import { CommandStream } from "./command-stream.js";

const failureOf = async (stream: CommandStream) => readTypedError((await once(stream, "error"))[0]);

const runs = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const ended = async (pid: number) => {
  for (let waited = 0; runs(pid) && waited < 5_000; waited += 50) await sleep(50);
  return !runs(pid);
};

it("carries bytes both ways, with half-closes", async () => {
  const stream = new CommandStream(["sh", "-c", "cat; echo over"], "test");
  stream.end("hello ");
  expect(await text(stream)).toBe("hello over\n");
});

it("tells what the program said when it fails", async () => {
  const stream = new CommandStream(
    ["sh", "-c", "echo no such container >&2; exit 3"],
    "docker-container://b",
  );
  expect(await failureOf(stream)).toMatchObject({
    reason: "BUILDKIT_COMMAND_FAILED",
    message: "no BuildKit at docker-container://b: no such container (sh ended with exit code 3)",
    remedy: expect.stringContaining("sh -c"),
  });
});

it("tells that a program is missing", async () => {
  expect(await failureOf(new CommandStream(["no-such-program"], "podman-container://b"))).toMatchObject({
    reason: "BUILDKIT_COMMAND_MISSING",
    message: expect.stringContaining("no-such-program is not in the PATH"),
  });
});

it("ends the program and its helpers with the stream, even those that will not", async () => {
  const script = "trap '' TERM; sleep 60 & echo $$ $!; wait; wait";
  const stream = new CommandStream(["sh", "-c", script], "test");
  const [line] = await once(stream, "data");
  const [shell, helper] = String(line).trim().split(" ").map(Number);
  expect(runs(shell!) && runs(helper!)).toBe(true);
  stream.destroy();
  expect([await ended(shell!), await ended(helper!)]).toEqual([true, true]);
});
