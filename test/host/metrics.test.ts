import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { reasonGroups } from "../../src/errors/reasons.js";
import { BuildState } from "../../src/gen/slipway/v1/build_event_pb.js";
import { startDaemon } from "../lab/daemon.js";
import { freePort, lab, must, tempDir, until } from "../lab/index.js";
import { contextOf, fromPath, mustBuild, runBuild } from "./build.js";
import { startHost, type TestHost } from "./host.js";

const root = join(import.meta.dirname, "../..");
const docs = join(root, "docs");
const alertsFile = join(docs, "monitoring/slipway-alerts.yaml");
const builder = "metered";

/** An alert rule as Prometheus shows it. */
interface Rule {
  query: string;
  health: string;
  lastError?: string;
}

/** A host with metrics and a builder on the lab's daemon. */
async function startMetered(env: Record<string, string> = {}) {
  const port = await freePort();
  const host = await startHost({ args: ["--metrics-address", `127.0.0.1:${port}`], env });
  await host.builders.createBuilder({
    name: builder,
    driver: "remote",
    node: { endpoint: lab().buildkitd.address },
  });
  const url = `http://127.0.0.1:${port}/metrics`;
  return { host, target: `127.0.0.1:${port}`, read: async () => (await fetch(url)).text() };
}

/** A build with a context and an output, the same from the cache, and one that fails. */
async function buildAll(host: TestHost, mark: string, buildArgs: Record<string, string> = {}): Promise<void> {
  const context = await contextOf({ Dockerfile: "FROM scratch\nARG TOKEN\nCOPY data /\n", data: mark });
  const spec = { builder, context: fromPath(context), buildArgs };
  const destination = { case: "path" as const, value: join(await tempDir(), "out") };
  for (let time = 0; time < 2; time += 1)
    await mustBuild(host, { ...spec, outputs: [{ type: "local", destination }] });
  const broken = await contextOf({ Dockerfile: "FROM scratch\nCOPY missing /\n" });
  const { finished } = await runBuild(host, { builder, context: fromPath(broken) });
  expect(finished.state).toBe(BuildState.FAILED);
}

/** The series in a text for Prometheus, without their values, and without those of plugins, which start on their own. */
function seriesOf(text: string): string[] {
  const lines = text.split("\n").filter((line) => line !== "" && !/^(#|slipway_plugin)/.test(line));
  return lines.map((line) => line.slice(0, line.lastIndexOf(" "))).sort();
}

/** Names of metrics as the text declares them. */
function namesOf(text: string): string[] {
  return [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name!).sort();
}

/** The expressions of a dashboard, or of alert rules. */
async function dashboardExpressions(): Promise<string[]> {
  const dashboard = JSON.parse(await readFile(join(docs, "monitoring/slipway-dashboard.json"), "utf8"));
  const targets = dashboard.panels.flatMap((panel: { targets?: { expr: string }[] }) => panel.targets ?? []);
  return targets.map(({ expr }: { expr: string }) =>
    expr.replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*"),
  );
}

/** Names of metrics in an expression. */
function namesIn(expression: string): string[] {
  const names = expression
    .replace(/"[^"]*"/g, "")
    .replace(/\{[^}]*\}/g, "")
    .replace(/\b(by|without) \([^)]*\)/g, "")
    .matchAll(/\b(?:up|(?:cicd|slipway|nodejs|process)_\w+)\b/g);
  return [...new Set([...names].map(([name]) => name))];
}

it("Prometheus reads a host, and has data for all that the dashboard and the alert rules name", async () => {
  const { host, target, read } = await startMetered();
  await buildAll(host, "first");

  const folder = await tempDir();
  const config = join(folder, "prometheus.yml");
  await writeFile(
    config,
    JSON.stringify({
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: [alertsFile],
      scrape_configs: [{ job_name: "slipway", static_configs: [{ targets: [target] }] }],
    }),
  );
  await must("promtool", ["check", "config", config]);
  await must("promtool", ["check", "metrics"], { input: await read() }).catch((cause: Error) => {
    // Its advice is about names, which are those of OpenTelemetry's conventions.
    if (/error while linting|parsing error/i.test(cause.message)) throw cause;
  });
  const port = await freePort();
  const ask = async (path: string, query: Record<string, string> = {}) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(query)}`);
    // biome-ignore lint/suspicious/noExplicitAny: each request has data of its own
    return (await answer.json()) as { status: string; error?: string; data: any };
  };
  const daemon = await startDaemon({
    name: "prometheus",
    command: "prometheus",
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    folder,
    ready: async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok,
  });
  onTestFinished(() => daemon.stop());

  const numberOf = async (query: string) => Number((await ask("query", { query })).data.result[0]?.value[1]);
  await until("Prometheus to read the host", async () => (await numberOf("up")) === 1);
  await expect.poll(() => numberOf('slipway_builds_total{cicd_pipeline_result="success"}')).toBe(2);
  await expect.poll(() => numberOf("cicd_pipeline_run_errors_total")).toBe(1);
  await expect.poll(() => numberOf("slipway_kept_builds")).toBe(3);
  for (const outcome of ["cached", "run"])
    expect(
      await numberOf(`slipway_build_steps_total{slipway_step_outcome="${outcome}"}`),
      outcome,
    ).toBeGreaterThan(0);
  for (const what of ["context_sent", "output_received"])
    expect(await numberOf(`slipway_build_${what}_bytes_total`), what).toBeGreaterThan(0);
  expect(await numberOf('slipway_plugins{slipway_plugin="remote",slipway_plugin_state="running"}')).toBe(1);

  // The rules have been evaluated, without an error.
  const evaluated = async (): Promise<Rule[]> => (await ask("rules")).data.groups[0].rules;
  await until("the alert rules to be evaluated", async () =>
    (await evaluated()).every(({ health }) => health !== "unknown"),
  );
  const rules = await evaluated();
  expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
  const expressions = [...(await dashboardExpressions()), ...rules.map(({ query }) => query)];
  expect(expressions.length).toBeGreaterThan(25);
  for (const query of expressions) {
    expect(await ask("query", { query }), query).toMatchObject({ status: "success" });
    const names = namesIn(query);
    expect(names, query).not.toEqual([]);
    for (const name of names) expect((await ask("query", { query: name })).data.result, name).not.toEqual([]);
  }
  const named = [...(await readFile(alertsFile, "utf8")).matchAll(/error_type=~"([^"]+)"/g)];
  const known = Object.values(reasonGroups).flatMap((group) => Object.keys(group));
  for (const reason of named.flatMap(([, list]) => list!.split("|"))) expect(known).toContain(reason);

  // The page has all metrics, and no other.
  const page = await readFile(join(docs, "metrics.md"), "utf8");
  const documented = [...page.matchAll(/^\| `([a-z0-9_]+)` \| /gm)].map(([, name]) => name!).sort();
  expect(namesOf(await read())).toEqual(documented);
});

it("neither names nor secrets of a build are in metrics or the log, and other names make no new series", async () => {
  const secret = "planted-secret-5f0c";
  const { host, read } = await startMetered({ OTEL_RESOURCE_ATTRIBUTES: "deployment=test" });
  await buildAll(host, "one", { TOKEN: secret });
  // The metrics of a build follow its last event.
  await expect.poll(read).toMatch(/^cicd_pipeline_run_errors_total\{.* 1$/m);
  const before = await read();
  const name = `other-${secret}`;
  await host.builders.createBuilder({ name, driver: "remote", node: { endpoint: lab().buildkitd.address } });
  const context = await contextOf({ Dockerfile: `FROM scratch AS ${name}\nCOPY ${name} /\n`, [name]: "" });
  await mustBuild(host, {
    builder: name,
    context: fromPath(context),
    secrets: [{ id: name, value: Buffer.from(secret) }],
    registryAuth: { logins: { "registry.example": { username: "u", secret } } },
    buildArgs: { [name]: secret },
  });
  await expect.poll(read).toMatch(/^slipway_builds_total\{.*"success".* 3$/m);
  const after = await read();
  expect(seriesOf(after)).toEqual(seriesOf(before));
  expect(after).not.toContain(secret);
  expect(host.log()).not.toContain(secret);
});

it("metrics are sent to a collector by OTLP, with the headers of the environment, which no log has", async () => {
  const received: { path?: string; token?: string; body: Buffer }[] = [];
  let status = 503;
  const collector = createServer(async (request, response) => {
    const body = await buffer(request);
    received.push({ path: request.url, token: request.headers["x-token"]?.toString(), body });
    response.writeHead(status).end("refused");
  });
  const port = await freePort();
  await new Promise<void>((resolve) => collector.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => void collector.close());
  const token = "planted-token-77aa";
  const host = await startHost({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_HEADERS: `x-token=${token}`,
      OTEL_METRIC_EXPORT_INTERVAL: "200",
      OTEL_EXPORTER_OTLP_TIMEOUT: "200",
    },
  });
  await until("a warning about a failed export", () =>
    host.log().includes("Metrics or traces could not be sent"),
  );
  status = 200;
  const count = received.length;
  await until("further exports", () => received.length > count + 1);
  const { path, token: sent, body } = received.at(-1)!;
  expect({ path, sent }).toEqual({ path: "/v1/metrics", sent: token });
  for (const text of ["service.name", "slipway.plugins", "process.memory.usage"])
    expect(body.toString("latin1")).toContain(text);
  expect(host.log()).not.toContain(token);
});

it("only /metrics is served, and an address that is in use is an error", async () => {
  const { host, target } = await startMetered();
  const ask = async (path: string, method = "GET") =>
    (await fetch(`http://${target}${path}`, { method })).status;
  expect(await ask("/")).toBe(404);
  expect(await ask("/metrics", "POST")).toBe(405);
  expect(host.log()).toContain(`http://${target}/metrics`);
  await expect(startHost({ args: ["--metrics-address", target] })).rejects.toThrow(
    `cannot listen on ${target}`,
  );
});

it("a host without metrics loads nothing of them", async () => {
  const dist = join(root, "dist");
  const texts = new Map<string, string>();
  const read = async (file: string): Promise<void> => {
    if (texts.has(file)) return;
    const text = await readFile(join(dist, file), "utf8");
    texts.set(file, text);
    const imports = text.matchAll(
      /(?:^|[;}\s])(?:import|export)(?:[\w{}$*,\s]+from)?\s*"\.\/(?:chunks\/)?([\w.-]+\.js)"/g,
    );
    for (const [, name] of imports) await read(name!.startsWith("host") ? name! : join("chunks", name!));
  };
  await read("host.js");
  expect(texts.size).toBeGreaterThan(3);
  for (const [file, text] of texts) expect(text.includes("PrometheusSerializer"), file).toBe(false);
  // What the search looks for is in the part that is loaded on demand.
  const metrics = [...texts.get("host.js")!.matchAll(/import\("\.\/(chunks\/metrics-\w+\.js)"\)/g)];
  expect(await readFile(join(dist, metrics[0]![1]!), "utf8")).toContain("PrometheusSerializer");
});
