import { type DescField, type DescMessage, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { BuildSpecSchema } from "../../../gen/slipway/build/v1/build_spec_pb.js";
import { localFields } from "./local-fields.js";
import { withoutTypedForms } from "./typed-forms.js";

/**
 * What a field does for a client on another machine: it is refused, since it names something of the host's own machine
 * (`local`); it names an image store, which is checked when it is opened (`store`, images/open-store.ts); it is cleared
 * (`cleared`, server/remote-request.ts); it is refused from every client (`refused`); or it is harmless there (`safe`).
 */
type Class = "local" | "store" | "cleared" | "refused" | "safe";

const contexts = (name: string): Record<string, Class> => ({
  [`${name}.path`]: "local",
  [`${name}.oci_layout`]: "local",
  [`${name}.upload`]: "safe",
  [`${name}.url`]: "safe",
  [`${name}.image`]: "safe",
  [`${name}.empty`]: "safe",
  [`${name}.target`]: "safe",
  [`${name}.stored_image.store.driver`]: "store",
  [`${name}.stored_image.store.endpoint`]: "store",
  [`${name}.stored_image.name`]: "store",
});

const formats = ["compression", "compression_level", "force_compression", "oci_media_types"];
const formatIn = (path: string) => formats.map((name) => `${path}.format.${name}`);

const caches = (direction: string, exported: Class): Record<string, Class> => {
  const of = (type: string, ...names: string[]) => names.map((name) => `${direction}.${type}.${name}`);
  const names = ["bucket", "region", "names", "prefix", "endpoint_url", "use_path_style", "access_key_id"];
  const exports = [...of("export", "mode", "ignore_error"), ...formatIn(`${direction}.export`)];
  return {
    [`${direction}.type`]: "local",
    ...Object.fromEntries(
      of("local", "path", "tag", "digest").map((path): [string, Class] => [path, "local"]),
    ),
    ...safe(`${direction}.attributes`, `${direction}.inline`, ...of("registry", "ref", "insecure")),
    ...safe(...of("gha", "token", "url", "url_v2", "scope")),
    ...safe(...of("s3", ...names, "secret_access_key", "session_token")),
    ...safe(
      ...of("azblob", "account_url", "account_name", "container", "names", "prefix", "secret_access_key"),
    ),
    ...Object.fromEntries(exports.map((path): [string, Class] => [path, exported])),
  };
};

const safe = (...names: string[]): Record<string, Class> =>
  Object.fromEntries(names.map((name): [string, Class] => [name, "safe"]));

const classes: Record<string, Class> = {
  ...contexts("context"),
  ...contexts("named_contexts"),
  environment: "cleared",
  "dockerfile.path": "local",
  ...safe("dockerfile.name", "dockerfile.content"),
  "ssh.agent_socket": "local",
  ...safe("ssh.id", "ssh.keys"),
  "outputs.path": "local",
  "outputs.type": "store",
  "outputs.image_store.driver": "store",
  "outputs.image_store.endpoint": "store",
  ...safe("outputs.attributes", "outputs.stream"),
  "outputs.docker.tar": "store",
  ...Object.fromEntries(formatIn("outputs.docker").map((path): [string, Class] => [path, "store"])),
  ...safe(
    "outputs.image.push",
    "outputs.image.push_by_digest",
    "outputs.image.names",
    "outputs.image.insecure",
  ),
  ...safe("outputs.oci.tar", ...formatIn("outputs.oci"), ...formatIn("outputs.image")),
  ...safe("outputs.tar.platform_split", "outputs.local.mode", "outputs.local.platform_split"),
  ...safe("outputs.cache_only"),
  ...caches("cache_from", "refused"),
  ...caches("cache_to", "safe"),
  ...safe("provenance.mode", "provenance.version", "provenance.builder_id", "provenance.inline_only"),
  ...safe("provenance.disabled", "sbom.generator", "sbom.disabled"),
  "registry_auth.docker_config_dir": "local",
  ...safe("registry_auth.no_docker_config", "registry_auth.logins.username", "registry_auth.logins.secret"),
  // What these reach is a matter of the builder's BuildKit.
  ...safe("network", "entitlements", "cgroup_parent", "frontend_attributes"),
  ...safe("extra_hosts.name", "extra_hosts.address"),
  ...safe("builder", "target", "build_args", "labels", "tags", "platforms", "no_cache", "no_cache_stages"),
  ...safe("pull", "secrets.id", "secrets.value", "shm_size_bytes", "attestations", "annotations", "call"),
  ...safe("ulimits.name", "ulimits.soft", "ulimits.hard"),
  ...safe("project", "priority", "queue_timeout", "run_timeout"),
  ...safe(
    "display_name",
    "policy.disabled",
    "policy.policies.files.content",
    "policy.policies.files.from_context",
    "policy.policies.files.name",
    "return_provenance",
    "sensitive_parameters",
  ),
};

/** The fields of a message and of those in it, as paths of names. */
function pathsOf(desc: DescMessage): string[] {
  return desc.fields.flatMap((field) =>
    field.message?.fields.length && !isDuration(field)
      ? pathsOf(field.message).map((path) => `${field.name}.${path}`)
      : [field.name],
  );
}

/** JSON has a duration as one text. */
const isDuration = ({ message }: DescField) => message?.typeName === "google.protobuf.Duration";

/** A message in JSON with one field set. */
function withField(desc: DescMessage, [name, ...rest]: string[]): JsonValue {
  const field = desc.fields.find((candidate) => candidate.name === name)!;
  const value =
    field.message && !isDuration(field)
      ? rest.length > 0
        ? withField(field.message, rest)
        : {}
      : sampleOf(field);
  if (field.fieldKind === "list") return { [field.name]: [value] };
  return { [field.name]: field.fieldKind === "map" ? { "1": value } : value };
}

function sampleOf(field: DescField): JsonValue {
  if (isDuration(field)) return "1s";
  const samples: Record<string, JsonValue> = { 8: true, 9: "local", 12: "" };
  return samples[field.scalar ?? 0] ?? 1;
}

describe("a client on another machine", () => {
  it("may set each field of a specification, or may not", () => {
    // A new field must get a class: does it name a file, program, socket or credential of the host's machine?
    expect(pathsOf(BuildSpecSchema).sort()).toEqual(Object.keys(classes).sort());
  });

  it.each(Object.entries(classes))("meets %s as %s", (path, expected) => {
    const spec = fromJson(BuildSpecSchema, withField(BuildSpecSchema, path.split(".")));
    if (expected === "refused") return expect(() => withoutTypedForms(spec)).toThrow(ConnectError);
    expect(localFields(withoutTypedForms(spec).spec).length > 0).toBe(expected === "local");
  });
});
