import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { compareWithDocker } from "../../fuzz/templates.js";
import { contextOf } from "../host/build.js";
import { startHost } from "../host/host.js";
import { lab, must, startBuildkitd, tempDir } from "../lab/index.js";
import { slipwayOf } from "./slipway.js";

test("templates have the results of docker's, in Go", async () => {
  const { differences, accepted } = await compareWithDocker(2_000, 20_261_201);
  expect(differences).toEqual([]);
  expect(accepted).toBeGreaterThan(500);
});

test("--format has buildx's fields and results", async () => {
  const daemon = await startBuildkitd();
  onTestFinished(daemon.stop);
  const host = await startHost();
  const slipway = slipwayOf(host);
  const folder = await tempDir();
  const env = { PATH: process.env.PATH, HOME: folder, BUILDX_CONFIG: join(folder, "buildx") };
  const buildx = async (...args: string[]) => (await must(lab().buildx, args, { env })).stdout;
  await buildx("create", "--name", "far", "--driver", "remote", "--use", daemon.address);
  await host.builders.createBuilder({ name: "far", driver: "remote", node: { endpoint: daemon.address } });
  const context = await contextOf({ Dockerfile: "FROM scratch\nARG x\nLABEL x=$x\nCOPY Dockerfile /\n" });
  const settings = ["--build-arg", "x=1", "--label", "a=<b>", "--output", "type=cacheonly", "--no-cache"];
  await buildx("build", ...settings, context);

  const commands: [args: string[], formats: string[]][] = [
    [
      ["ls"],
      [
        '{{if eq .Builder.Name "far"}}{{.Name}} {{.DriverEndpoint}} {{.Status}} {{.Buildkit}} {{.Error}}{{end}}',
        '{{with .Builder}}{{if eq .Name "far"}}{{.Driver}}{{range $i, $n := .Nodes}} {{$i}}={{$n.Name | upper}} {{$n.Version}} {{len $n.IDs}} {{index $n.Labels "org.mobyproject.buildkit.worker.executor"}}{{end}}{{end}}{{end}}',
        '{{if eq .Builder.Name "far"}}{{.Platforms | len | printf "%04d"}} {{slice .Name 1 | title}}{{end}}',
      ],
    ],
    [
      ["du"],
      [
        "table {{.ID}}\\t{{upper .Type}}\\t{{.Size}}\\t{{.Shared}}",
        "{{.ID}} {{.Description}} {{json .Parents}} {{.Parents}} {{.Mutable}} {{.Reclaimable}} {{.UsageCount}} {{.CreatedAt}}",
        '{{- if and .Mutable (not .Shared) -}}\\n{{- truncate .ID 4 }} {{ pad .Type 1 2 }}{{ split .Type "." }}{{else}}{{range .Parents}}<{{.}}>{{else}}none{{end}}{{end}}',
      ],
    ],
    [
      ["history", "ls"],
      ["{{.Ref}} {{.FullRef}} {{.Status}} {{.Duration}} {{.Link}}", "table {{.Ref}}\\t{{lower .Status}}"],
    ],
    [
      ["history", "inspect"],
      [
        "{{.Ref}} {{.Status}} {{.StartedAt}} {{.Duration}} {{.NumTotalSteps}}/{{.NumCompletedSteps}} {{.Dockerfile}} {{.Error}}",
        '{{range .BuildArgs}}{{.Name}}={{.Value}};{{end}}{{range .Labels}}{{printf "%q" .Value}}{{end}} {{.Config.NoCache}} {{.Platform}} {{.Materials}}',
        '{{.StartedAt.Unix}} {{.CompletedAt.Format "2006-01-02T15:04:05Z07:00 Mon Jan _2 3PM"}} {{.Target | printf "%-5s|"}}{{gt .Duration 1}}',
        "{{.Attachments}} {{.Config}} {{len .Attachments}}",
      ],
    ],
  ];
  const mine = ["--builder", "far"];
  for (const [args, formats] of commands) {
    for (const format of formats) {
      const builder = args[0] === "ls" ? [] : mine;
      const ours = await slipway([...builder, ...args, "--format", format]);
      expect(ours).toMatchObject({ code: 0, stderr: "" });
      // Rows of other builders are empty.
      const rows = (text: string) => text.split("\n").filter(Boolean).sort();
      expect(rows(ours.stdout), format).toEqual(rows(await buildx(...builder, ...args, "--format", format)));
    }
  }
  const own = await slipway([
    "inspect",
    "far",
    "--format",
    "{{.Driver}} {{range .Nodes}}{{.Endpoint}}{{end}}",
  ]);
  expect(own.stdout).toBe(`remote ${daemon.address}\n`);
});
