import { isIP } from "node:net";
import type { BuildSpec, NodeConfig } from "slipway/driver";
import { fullName } from "./names.js";

/** The paths of a build's files. */
export interface BuildPaths {
  /** The folder of an upload. */
  context(upload: string): string;
  /** A file that is passed to Buildah. */
  file(name: string): string;
  /** The file to which Buildah writes the image's id. */
  imageId: string;
}

/** Translates a build spec into the arguments of `buildah build`. */
export function buildArguments(spec: BuildSpec, config: NodeConfig, paths: BuildPaths): string[] {
  const flags: [string, string | undefined][] = [
    ["iidfile", paths.imageId],
    ["file", paths.file("Dockerfile")],
    ["ignorefile", paths.file("dockerignore")],
    ["signature-policy", paths.file("policy.json")],
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
      `id=${id},src=${paths.file(`secret-${index}`)}`,
    ]),
    ...spec.ulimits.map(({ name, soft, hard = soft }): [string, string] => [
      "ulimit",
      `${name}=${soft}:${hard}`,
    ]),
    ...spec.extraHosts.map(({ name, address }): [string, string] => [
      "add-host",
      `${name}:${isIP(address) === 6 ? `[${address}]` : address}`,
    ]),
    ...Object.entries(spec.namedContexts).map(([name, { source }]): [string, string] => [
      "build-context",
      `${name}=${source.case === "upload" ? paths.context(source.value) : source.value}`,
    ]),
  ];
  const given = flags.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
  return ["build", "--layers", ...given, paths.context("context")];
}

function named(flag: string, values: Record<string, string>): [string, string][] {
  return Object.entries(values).map(([name, value]) => [flag, `${name}=${value}`]);
}
