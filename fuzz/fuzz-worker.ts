import { parentPort, workerData } from "node:worker_threads";
import { fuzz } from "./fuzz.js";
import type { FromWorker, Job, WorkerData } from "./fuzzer.js";
import type { Target } from "./target.js";

// Runs targets for the Fuzzer, which sees at `progress` how far this thread has come, also while it hangs.
const { module, progress } = workerData as WorkerData;
const { targets } = (await import(module)) as { targets: Target[] };
const send = (message: FromWorker) => parentPort!.postMessage(message);

parentPort!.on("message", async ({ name, ...job }: Job) => {
  const { runs, slowestMs } = await fuzz(targets.find((each) => each.name === name)!, {
    ...job,
    onInput: (position) => Atomics.store(progress, 0, position),
    onFault: (fault) => send({ fault }),
  });
  send({ runs, slowestMs });
});
send({ ready: true });
