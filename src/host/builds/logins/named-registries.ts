import { buildkitdToml, mirrorsOf, parseBuildkitdToml } from "../../../config/buildkitd-toml.js";
import type { BuildSpec } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { parseReference } from "../../../image/reference.js";
import type { Inputs } from "../inputs/inputs.js";
import type { NodePlan } from "../node-build.js";
import { parametersOf } from "../spec/attestations.js";
import { splitNames } from "../spec/image-names.js";
import { dockerfileImages } from "./dockerfile-images.js";
import { readDockerfile } from "./read-dockerfile.js";
import { RegistryNames } from "./registry-names.js";

/** A node's part in a build, as far as it names registries. */
export type NamingPlan = Pick<NodePlan, "solve"> & { readonly node: Pick<NodePlan["node"], "config"> };

/** The image that lists the contents of images, unless the attestation names another one. */
const defaultSbomGenerator = "docker/buildkit-syft-scanner";
/** Repositories of the frontend for Dockerfiles, in whatever registry. */
const dockerfileFrontends = /^docker\/dockerfile(-upstream)?$/;

/**
 * The registries that a build names: in its specification, in what follows from it and the nodes' defaults, in the
 * builder's mirrors and in its Dockerfile. They cannot be known where BuildKit fetches the Dockerfile, or another frontend
 * interprets it.
 */
export async function namedRegistries(
  { tags, registryAuth }: BuildSpec,
  { locals }: Pick<Inputs, "locals">,
  plans: readonly NamingPlan[],
): Promise<RegistryNames> {
  const names = new RegistryNames();
  for (const tag of tags) names.addImage(tag.trim());
  for (const registry of Object.keys(registryAuth?.logins ?? {})) names.addRegistry(registry);
  for (const { node, solve } of plans) {
    const toml = node.config.daemonFiles[buildkitdToml];
    for (const mirror of toml ? mirrorsOf(parseBuildkitdToml(toml)) : []) names.addRegistry(mirror);
    for (const { attributes } of solve.exports)
      for (const name of splitNames(attributes.name)) names.addImage(name.trim());
    for (const { attributes } of [...solve.caches.imports, ...solve.caches.exports])
      if (attributes.ref) names.addImage(attributes.ref);
    await addFrontend(names, solve.frontend.attributes, locals);
  }
  return names;
}

/** Adds what the attributes of a frontend name, and the Dockerfile that it reads. */
async function addFrontend(
  names: RegistryNames,
  attributes: Readonly<Record<string, string>>,
  locals: Inputs["locals"],
): Promise<void> {
  const named = (prefix: string) =>
    Object.entries(attributes).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [],
    );
  const contexts = named("context:");
  for (const value of [attributes.context ?? "", ...contexts.map(([, reference]) => reference)])
    if (value.startsWith("docker-image://")) names.addImage(value.slice("docker-image://".length));
  const sbom = attributes["attest:sbom"];
  if (sbom !== undefined)
    names.addImage(new Map(parametersOf(sbom)).get("generator") || defaultSbomGenerator);

  const buildArgs = Object.fromEntries(named("build-arg:"));
  const text = await readDockerfile(attributes, locals);
  if (text === undefined) names.addUnknown();
  const dockerfile = dockerfileImages(
    text ?? "",
    buildArgs,
    contexts.map(([name]) => name.split("::")[0]!),
  );
  for (const image of dockerfile.images) names.addImage(image);
  const frontends = [attributes.source, buildArgs.BUILDKIT_SYNTAX, dockerfile.syntax].filter(Boolean);
  for (const frontend of frontends) addSyntax(names, frontend!.split(/\s+/)[0]!);
}

/** Adds the image of a frontend; what other frontends than Dockerfile's read in the file is not known. */
function addSyntax(names: RegistryNames, image: string): void {
  names.addImage(image);
  if (!dockerfileFrontends.test(parseReference(image)?.path ?? "")) names.addUnknown();
}
