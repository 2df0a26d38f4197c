import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { BuildEventSchema } from "../../gen/slipway/v1/build_event_pb.js";
import { BootProgress, QueueProgress, RestartProgress } from "./host-progress.js";
import { PlainDisplay } from "./plain.js";

type Event = MessageInitShape<typeof BuildEventSchema>["event"];

test("shows the boot of a node as buildx does", () => {
  let text = "";
  const display = new PlainDisplay({
    write: (written) => {
      text += written;
    },
    now: () => 0,
  });
  display.describe({ builder: "x", driver: "docker-container" });
  const boot = new BootProgress();
  let seconds = 100n;
  const send = (event: Event) => {
    const change = boot.take(create(BuildEventSchema, { time: { seconds: seconds++ }, event }));
    if (change) display.update(change);
    display.refresh();
  };
  const step = (id: string, name: string, more = {}) =>
    send({ case: "bootstrap", value: { node: "x0", progress: { id, name, ...more } } });
  step("pull", "pulling image moby/buildkit");
  step("pull", "pulling image moby/buildkit", { done: true });
  step("create", "creating container", { log: "note" });
  step("create", "creating container", { done: true });
  send({ case: "started", value: { node: "x0", ref: "r" } });
  display.close();
  expect(text).toBe(
    [
      '#0 building with "x" instance using docker-container driver',
      "",
      "#1 [internal] booting buildkit",
      "#1 pulling image moby/buildkit",
      "#1 pulling image moby/buildkit 1.0s done",
      "#1 creating container",
      "#1 2.000 note",
      "#1 creating container 1.0s done",
      "#1 DONE 4.0s",
      "",
    ].join("\n"),
  );
});

test("ends the step of a failed boot with the reason", () => {
  const boot = new BootProgress();
  const take = (event: Event) => boot.take(create(BuildEventSchema, { time: { seconds: 1n }, event }));
  take({ case: "bootstrap", value: { node: "n", progress: { id: "a", name: "starting" } } });
  const end = take({ case: "finished", value: { error: { message: "no space left" } } });
  expect(end?.vertexes[0]).toMatchObject({ name: "[internal] booting buildkit", error: "no space left" });
});

test("distinguishes the boots of several nodes, and ends all when one node builds", () => {
  const boot = new BootProgress();
  const take = (event: Event) => boot.take(create(BuildEventSchema, { time: { seconds: 1n }, event }));
  take({ case: "accepted", value: { nodes: ["a", "b"] } });
  const begun = ["a", "b"].map((node) =>
    take({ case: "bootstrap", value: { node, progress: { id: "x", name: "starting" } } }),
  );
  expect(begun.map((change) => change?.vertexes[0]?.name)).toEqual([
    "[a internal] booting buildkit",
    "[b internal] booting buildkit",
  ]);
  const end = take({ case: "started", value: { node: "a", ref: "r" } });
  expect(end?.vertexes.map(({ endTime, error }) => [Boolean(endTime), error])).toEqual([
    [true, ""],
    [true, ""],
  ]);
});

test("shows a wait in the queue as a step, and nothing of a build that did not wait", () => {
  let text = "";
  const write = (written: string) => {
    text += written;
  };
  const display = new PlainDisplay({ write, now: () => 0 });
  const queue = new QueueProgress();
  let seconds = 100n;
  const send = (event: Event, target?: string) => {
    const change = queue.take(create(BuildEventSchema, { time: { seconds: seconds++ }, event }), target);
    if (change) display.update(change);
    display.refresh();
  };
  send({ case: "accepted", value: {} });
  send({ case: "finished", value: { error: { message: "no" } } });
  expect(text).toBe("");
  send({ case: "queued", value: { place: 2, message: "The host is busy." } });
  send({ case: "queued", value: { place: 1, message: "The host is busy." } });
  send({ case: "assigned", value: {} });
  send({ case: "queued", value: { place: 1, message: "The host is busy." } }, "app");
  send({ case: "finished", value: { error: { message: "It waited too long." } } }, "app");
  display.close();
  expect(text).toBe(
    [
      "#1 [internal] waiting in the queue",
      "#1 0.000 place 2: The host is busy.",
      "#1 1.000 place 1: The host is busy.",
      "#1 DONE 2.0s",
      "",
      "#2 [app internal] waiting in the queue",
      "#2 0.000 place 1: The host is busy.",
      "#2 ERROR: It waited too long.",
      "------",
      " > [app internal] waiting in the queue:",
      "0.000 place 1: The host is busy.",
      "------",
      "",
    ].join("\n"),
  );
});

test("shows steps that had not ended when a build begins again as cancelled", () => {
  let text = "";
  const display = new PlainDisplay({ write: (written) => (text += written), now: () => 0 });
  const restarts = new RestartProgress();
  let seconds = 100n;
  const send = (event: Event, target: string) => {
    const received = create(BuildEventSchema, { time: { seconds: seconds++ }, event });
    for (const end of restarts.take(received, target)) display.update(end);
    if (received.event.case === "progress") display.update(received.event.value);
    display.refresh();
  };
  const [startTime, endTime] = [{ seconds: 100n }, { seconds: 101n }];
  const done = { id: "a", name: "[1/2] COPY", startTime, endTime };
  const open = { id: "b", name: "[2/2] RUN", startTime };
  const [of, other] = ["of", "other"];
  send({ case: "progress", value: { vertexes: [done, open] } }, of);
  send({ case: "progress", value: { vertexes: [{ id: "c", name: "[1/1] RUN", startTime }] } }, other);
  send({ case: "restarted", value: { attempt: 2 } }, of);
  send({ case: "progress", value: { vertexes: [{ ...open, startTime: { seconds: 110n } }] } }, of);
  send({ case: "restarted", value: { attempt: 3 } }, of);
  send({ case: "restarted", value: { attempt: 4 } }, of);
  display.close();
  expect(text.split("\n").filter((line) => /DONE|CANCELED/.test(line))).toEqual([
    "#1 DONE 1.0s",
    "#2 CANCELED",
    "#2 CANCELED",
  ]);
});
