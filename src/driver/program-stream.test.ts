import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { type ProgramFailure, ProgramStream } from "./program-stream.js";

const start = (...command: [string, ...string[]]) =>
  new ProgramStream(command, (failure) => Object.assign(new Error(failure.how), failure));

const failureOf = async (stream: ProgramStream): Promise<ProgramFailure> => (await once(stream, "error"))[0];

const runs = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test("carries bytes both ways, with half-closes", async () => {
  const stream = start("sh", "-c", "cat; echo over");
  stream.end("hello ");
  expect(await text(stream)).toBe("hello over\n");
});

test("runs the program with the given environment only", async () => {
  const explain = (failure: ProgramFailure) => new Error(failure.how);
  const env = { PATH: process.env.PATH, WHERE: "here" };
  const stream = new ProgramStream(["sh", "-c", "echo $WHERE$HOME"], explain, env);
  stream.end();
  expect(await text(stream)).toBe("here\n");
});

test("explains how a program failed, with the end of its stderr", async () => {
  expect(await failureOf(start("sh", "-c", "echo no such container >&2; exit 3"))).toMatchObject({
    command: "sh -c echo no such container >&2; exit 3",
    stderr: "no such container",
    how: "ended with exit code 3",
    missing: false,
  });
});

test("reports a program that does not exist", async () => {
  expect(await failureOf(start("no-such-program"))).toMatchObject({
    how: expect.stringMatching(/^cannot be started: .*ENOENT/),
    missing: true,
  });
});

test("ends the program and its helpers with the stream, even when they ignore SIGTERM", async () => {
  const stream = start("sh", "-c", "trap '' TERM; sleep 60 & echo $$ $!; wait; wait");
  const [line] = await once(stream, "data");
  const [shell, helper] = String(line).trim().split(" ").map(Number);
  expect(runs(shell!) && runs(helper!)).toBe(true);
  stream.destroy();
  await expect.poll(() => runs(shell!) || runs(helper!)).toBe(false);
});
