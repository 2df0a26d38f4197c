import { join } from "node:path";
import { expect, it } from "vitest";
import { parseProjectsFile, usualProject } from "../../src/host/access/projects-file.js";
import { tool } from "./cluster.js";

const deploy = join(import.meta.dirname, "../../deploy");
const chart = join(deploy, "helm/slipway");

it("the plain manifests are the chart with its default values", async () => {
  const rendered = await tool("helm", "template", "slipway", chart, "--namespace", "slipway");
  const head = "# The chart in deploy/helm/slipway with its default values; generated, see its README.md.\n";
  await expect(head + rendered).toMatchFileSnapshot(join(deploy, "kubernetes/slipway.yaml"));
});

it("all values are described by the schema, which refuses others", async () => {
  await tool("helm", "lint", "--strict", chart);
  const withValue = (value: string) => tool("helm", "template", "slipway", chart, "--set", value);
  await expect(withValue("replica=3")).rejects.toThrow(/replica/);
  await expect(withValue("replicas=0")).rejects.toThrow(/minimum/);
  await expect(withValue("secrets.tls=")).rejects.toThrow(/secrets.*tls/s);
});

it("optional parts are rendered", async () => {
  const values = [
    "metrics.serviceMonitor.enabled=true",
    "secrets.issuers=issuers",
    "limits.builds=40",
    "uploads=/srv/uploads",
    "extraVolumes[0].name=uploads",
    "extraVolumes[0].emptyDir.sizeLimit=1Gi",
    "extraVolumeMounts[0].name=uploads",
    "extraVolumeMounts[0].mountPath=/srv/uploads",
    "networkPolicy.clients[0].podSelector.matchLabels.role=client",
  ];
  const rendered = await tool(
    "helm",
    "template",
    "slipway",
    chart,
    ...values.flatMap((value) => ["--set", value]),
    "--set-json",
    'projects=[{"name":"shop","weight":2.5,"running_builds":1000000}]',
  );
  expect(rendered).toContain("kind: ServiceMonitor");
  expect(rendered).toContain("--issuers-file=/etc/slipway/issuers/issuers.toml");
  expect(rendered).toContain("secretName: issuers");
  expect(rendered).toContain("--limit=builds=40");
  expect(rendered).toContain("--projects-file=/etc/slipway/projects/projects.toml");
  const [, projects] = /projects\.toml: \|\n((?: {4}.*\n)+)/.exec(rendered)!;
  expect(parseProjectsFile("projects.toml", projects!)).toEqual(
    new Map([["shop", { ...usualProject, weight: 2.5, runningBuilds: 1e6 }]]),
  );
  expect(rendered).toContain("--uploads=/srv/uploads");
  expect(rendered).toMatch(/mountPath: \/srv\/uploads.*sizeLimit: 1Gi/s);
  expect(rendered).toMatch(/from:\n +- podSelector:\n +matchLabels:\n.*?role: client/s);
});
