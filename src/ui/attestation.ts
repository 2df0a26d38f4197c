/** The most that is read of an attestation, in bytes. */
export const maxAttestationBytes = 16 << 20;
/** The longest text that is shown of one, in characters, and the most entries of a list. */
const maxText = 500;
const maxEntries = 500;
/** The most packages that are searched. */
const maxPackages = 100_000;
/** The most text of an attestation whose type the page does not know, in characters. */
const maxPlain = 20_000;

/** Names with their values. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** How a result was made: a predicate of SLSA provenance. */
export interface Provenance {
  kind: "provenance";
  facts: Pairs;
  /** What the build was asked for: attributes of the frontend, local folders, secrets by their ids. */
  parameters: Pairs;
  /** What the build read, and their digests. */
  materials: Pairs;
  /** Number of materials, of which only the first ones are given. */
  materialCount: number;
}

/** A package in a list of packages. */
export interface Package {
  name: string;
  version: string;
  license: string;
}

/** What a result has in it: a document of SPDX or CycloneDX. */
export interface Sbom {
  kind: "sbom";
  facts: Pairs;
  packages: readonly Package[];
  /** Number of packages, of which only the first ones are given. */
  packageCount: number;
}

/** An attestation of another type: the begin of its text. */
export interface OtherAttestation {
  kind: "other";
  text: string;
}

/** What an attestation says. */
export type Attestation = Provenance | Sbom | OtherAttestation;

/** A short name of a type of predicates. */
export function attestationTitle(type: string): string {
  if (isProvenance(type)) return "Provenance";
  return isSbom(type) ? "Packages (SBOM)" : type.slice(0, maxText);
}

/** Whether a type of predicates is that of SLSA provenance. */
export function isProvenance(type: string): boolean {
  return type.startsWith("https://slsa.dev/provenance/");
}

const isSbom = (type: string) => /^https:\/\/(spdx\.dev\/Document|cyclonedx\.org\/bom)\b/.test(type);

/**
 * Reads a predicate, or the statement around it, whoever wrote it: what is not of the expected form is left out.
 * @param type of the predicate
 */
export function readAttestation(type: string, bytes: Uint8Array): Attestation {
  const text = new TextDecoder().decode(bytes);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { kind: "other", text: text.slice(0, maxPlain) };
  }
  const predicate = isObject(document) && isObject(document.predicate) ? document.predicate : document;
  if (isProvenance(type)) return provenanceOf(predicate);
  if (isSbom(type)) return sbomOf(predicate);
  return { kind: "other", text: (JSON.stringify(predicate, undefined, 2) ?? "").slice(0, maxPlain) };
}

/** Packages with a text in their name, version or license, in any case. */
export function packagesWith({ packages }: Sbom, query: string): Package[] {
  const wanted = query.toLowerCase();
  return packages.filter(({ name, version, license }) =>
    `${name} ${version} ${license}`.toLowerCase().includes(wanted),
  );
}

/** SLSA 1.0, or 0.2, which has other names. */
function provenanceOf(predicate: unknown): Provenance {
  const v1 = at(predicate, "buildDefinition", "externalParameters");
  const source = at(v1 ?? at(predicate, "invocation"), "configSource");
  const request = at(v1, "request") ?? at(predicate, "invocation", "parameters");
  const metadata = at(predicate, "runDetails", "metadata") ?? at(predicate, "metadata");
  const materials = arrayOf(
    at(predicate, "buildDefinition", "resolvedDependencies") ?? at(predicate, "materials"),
  );
  return {
    kind: "provenance",
    facts: present([
      ["Built by", at(predicate, "runDetails", "builder", "id") ?? at(predicate, "builder", "id")],
      ["Type of the build", at(predicate, "buildDefinition", "buildType") ?? at(predicate, "buildType")],
      [
        "Platform of the builder",
        at(predicate, "buildDefinition", "internalParameters", "builderPlatform") ??
          at(predicate, "invocation", "environment", "platform"),
      ],
      ["Source", at(source, "uri")],
      ["File", at(source, "path") ?? at(source, "entryPoint")],
      ["Began", at(metadata, "startedOn") ?? at(metadata, "buildStartedOn")],
      ["Ended", at(metadata, "finishedOn") ?? at(metadata, "buildFinishedOn")],
    ]),
    parameters: present([
      ["frontend", at(request, "frontend")],
      ...entriesOf(at(request, "args")),
      ...arrayOf(at(request, "locals")).map((local) => ["local", at(local, "name")] as const),
      ...arrayOf(at(request, "secrets")).map((secret) => ["secret", at(secret, "id")] as const),
    ]),
    materials: materials.slice(0, maxEntries).map((material) => [
      textOf(at(material, "uri")),
      entriesOf(at(material, "digest"))
        .map(([algorithm, hex]) => `${algorithm}:${textOf(hex)}`)
        .join(" ")
        .slice(0, maxText),
    ]),
    materialCount: materials.length,
  };
}

/** SPDX, or CycloneDX. */
function sbomOf(predicate: unknown): Sbom {
  const components = arrayOf(at(predicate, "packages") ?? at(predicate, "components"));
  const creators = arrayOf(at(predicate, "creationInfo", "creators")).map(textOf);
  const files = arrayOf(at(predicate, "files")).length;
  return {
    kind: "sbom",
    facts: present([
      ["Name", at(predicate, "name")],
      ["Format", at(predicate, "spdxVersion") ?? at(predicate, "bomFormat")],
      ["Created", at(predicate, "creationInfo", "created") ?? at(predicate, "metadata", "timestamp")],
      ["Made by", creators.slice(0, maxEntries).join(", ")],
      ["Files", files > 0 ? files : undefined],
    ]),
    packages: components.slice(0, maxPackages).map((component) => ({
      name: textOf(at(component, "name")),
      version: textOf(at(component, "versionInfo") ?? at(component, "version")),
      license: licenseOf(component),
    })),
    packageCount: components.length,
  };
}

function licenseOf(component: unknown): string {
  const given = [at(component, "licenseConcluded"), at(component, "licenseDeclared")].map(textOf);
  const named = arrayOf(at(component, "licenses"))
    .slice(0, maxEntries)
    .map((entry) =>
      textOf(at(entry, "license", "id") ?? at(entry, "license", "name") ?? at(entry, "expression")),
    );
  return [...given, named.join(", ")].find((license) => license && license !== "NOASSERTION") ?? "";
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What is at a path of own properties; undefined without it. */
function at(value: unknown, ...path: string[]): unknown {
  let found = value;
  for (const name of path) {
    if (!isObject(found) || !Object.hasOwn(found, name)) return undefined;
    found = found[name];
  }
  return found;
}

const arrayOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const entriesOf = (value: unknown): [string, unknown][] =>
  isObject(value) ? Object.entries(value).slice(0, maxEntries) : [];

/** A text, number or truth value as a text that is not too long; empty for all else. */
function textOf(value: unknown): string {
  return ["string", "number", "boolean"].includes(typeof value) ? String(value).slice(0, maxText) : "";
}

/** Those that have a value. */
function present(pairs: readonly (readonly [name: string, value: unknown])[]): Pairs {
  return pairs
    .slice(0, maxEntries)
    .map(([name, value]) => [name.slice(0, maxText), textOf(value)] as const)
    .filter(([, value]) => value !== "");
}
