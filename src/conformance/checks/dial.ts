import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { BuildkitClient } from "../../buildkit/client.js";
import { connectBuildkit } from "../../buildkit/client.js";
import { dialNode, dialRaw } from "../../plugin-client/dial.js";
import { openTunnel } from "../../plugin-client/tunnel.js";
import { capabilityIds } from "../../plugin-protocol/capabilities.js";
import { clientPreface } from "../../util/http2-preface.js";
import { withTimeout } from "../../util/with-timeout.js";
import { mustCarryBulk } from "../bulk.js";
import { type Check, type Condition, has, needs } from "../check.js";
import type { Subject } from "../subject.js";
import { must } from "../violation.js";

/** So long bulk data may take, in milliseconds. */
const bulkMs = 120_000;
/** So long BuildKit may take to say something, in milliseconds. */
const answerMs = 10_000;

async function mustAnswer(client: BuildkitClient): Promise<void> {
  try {
    const { record } = await client.control.listWorkers({}, { timeoutMs: answerMs });
    must(record.length > 0, "what was dialled is a BuildKit without workers");
  } finally {
    await client.close();
  }
}

/** Opens an HTTP/2 connection, and half-closes it once it was greeted: the other side's end must come. */
async function mustPassHalfClose(stream: Duplex): Promise<void> {
  stream.on("error", () => {});
  try {
    stream.write(clientPreface);
    must(await happens(stream, "data"), "BuildKit's greeting does not come through");
    stream.resume().end();
    must(await happens(stream, "end"), "BuildKit's end does not come through after a half-close");
  } finally {
    stream.destroy();
  }
}

function happens(stream: Duplex, event: "data" | "end"): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), answerMs);
    const say = (what: boolean) => () => {
      clearTimeout(timer);
      resolve(what);
    };
    stream.once(event, say(true)).once("close", say(false));
  });
}

/** Holds for drivers that have a BuildKit behind them. */
const dials: Condition = {
  text: `not ${capabilityIds.nativeBuild}`,
  missing: (subject) =>
    has(subject, capabilityIds.nativeBuild) ? "the driver builds without BuildKit" : undefined,
};

/** Carries bulk data, and gives up on a connection that hangs. */
async function mustCarry(client: BuildkitClient): Promise<void> {
  const patience = new AbortController();
  try {
    await withTimeout(bulkMs, patience.signal, (signal) =>
      Promise.race([
        mustCarryBulk(client),
        once(signal, "abort").then(() => must(false, `bulk data is not through after ${bulkMs / 1000} s`)),
      ]),
    );
  } finally {
    await client.close();
  }
}

/** Boots the node; returns what dialling it needs. */
async function booted(subject: Subject) {
  await subject.bootstrap();
  const { driver, node } = await subject.target();
  return { lease: { descriptor: subject.driver, driver }, config: node.config };
}

/** The way to BuildKit. */
export const dialChecks: Check[] = [
  {
    id: "DRV-DIAL",
    title: "Dial leads to a BuildKit that answers, on several connections at the same time",
    rule: "the-calls",
    backend: true,
    when: dials,
    async run(subject) {
      const { lease, config } = await booted(subject);
      const clients = await Promise.all(
        Array.from({ length: 4 }, (_, key) => dialNode(lease, config, { affinityKey: `${key}` })),
      );
      await Promise.all(clients.map(mustAnswer));
    },
  },
  {
    id: "DRV-DIAL-HALF-CLOSE",
    title: "a connection to what Dial returned passes half-closes on, and loses nothing at its end",
    rule: "the-calls",
    backend: true,
    when: dials,
    async run(subject) {
      const { lease, config } = await booted(subject);
      await mustPassHalfClose(await dialRaw(lease, config, new AbortController().signal));
    },
  },
  {
    id: "DRV-DIAL-BULK",
    title: "tens of MiB come back whole through what Dial returned, in both directions at once",
    rule: "the-calls",
    backend: true,
    when: dials,
    async run(subject) {
      const { lease, config } = await booted(subject);
      await mustCarry(await dialNode(lease, config));
    },
  },
  {
    id: "DRV-TUNNEL",
    title: "Tunnel carries the same bytes, passes half-closes on and ends with BuildKit's side",
    rule: "the-calls",
    backend: true,
    when: needs("tunnel"),
    async run(subject) {
      const { lease, config } = await booted(subject);
      await mustAnswer(connectBuildkit(() => openTunnel(lease, config, "")));
      await mustPassHalfClose(await openTunnel(lease, config, ""));
    },
  },
  {
    id: "DRV-TUNNEL-BULK",
    title: "tens of MiB come back whole through Tunnel, in both directions at once",
    rule: "the-calls",
    backend: true,
    when: needs("tunnel"),
    async run(subject) {
      const { lease, config } = await booted(subject);
      await mustCarry(connectBuildkit(() => openTunnel(lease, config, "")));
    },
  },
];
