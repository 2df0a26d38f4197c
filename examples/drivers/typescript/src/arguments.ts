import { isIP } from "node:net";
import type { BuildSpec, NodeConfig } from "slipway/driver";
import { fullName } from "./names.js";

/** Where the parts of a build are on disk. */
export interface BuildPlaces {
  /** Folder of an upload. */
  context(upload: string): string;
  /** File that was given to Buildah under a name. */
  file(name: string): string;
  /** File that the id of the image is written to. */
  imageId: string;
}

/** The arguments of `buildah build` for a specification. */
export function buildArguments(spec: BuildSpec, config: NodeConfig, places: BuildPlaces): string[] {
  const flags: [string, string | undefined][] = [
    ["iidfile", places.imageId],
    ["file", places.file("Dockerfile")],
    ["ignorefile", places.file("dockerignore")],
    ["signature-policy", places.file("policy.json")],
    ["isolation", config.options.isolation],
    ["target", spec.target || undefined],
    ["platform", spec.platforms[0]],
    ["no-cache", spec.noCache ? "true" : undefined],
    ["pull", spec.pull ? "always" : "true"],
    ["network", spec.network && spec.network !== "default" ? spec.network : undefined],
    ["shm-size", spec.shmSizeBytes > 0n ? String(spec.shmSizeBytes) : undefined],
    ["cgroup-parent", spec.cgroupParent || undefined],
    ...named("build-arg", spec.buildArgs),
    ...named("label", spec.labels),
    ...Object.entries(spec.annotations).map(([key, value]): [string, string] => [
      "annotation",
      `${key.replace(/^manifest:/, "")}=${value}`,
    ]),
    ...spec.tags.map((tag): [string, string] => ["tag", fullName(tag)]),
    ...spec.secrets.map(({ id }, index): [string, string] => [
      "secret",
      `id=${id},src=${places.file(`secret-${index}`)}`,
    ]),
    ...spec.ulimits.map(({ name, soft, hard }): [string, string] => ["ulimit", `${name}=${soft}:${hard}`]),
    ...Object.entries(spec.extraHosts).map(([host, address]): [string, string] => [
      "add-host",
      `${host}:${isIP(address) === 6 ? `[${address}]` : address}`,
    ]),
    ...Object.entries(spec.namedContexts).map(([name, { source }]): [string, string] => [
      "build-context",
      `${name}=${source.case === "upload" ? places.context(source.value) : source.value}`,
    ]),
  ];
  const given = flags.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
  return ["build", "--layers", ...given, places.context("context")];
}

function named(flag: string, values: Record<string, string>): [string, string][] {
  return Object.entries(values).map(([name, value]) => [flag, `${name}=${value}`]);
}
