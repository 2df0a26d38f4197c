import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { GoMap, NilPointer, nilSlice, Struct, type Value } from "../../template/values.js";
import { timeValue } from "../output/time-value.js";

/** Reads the field of a struct from JSON. */
type Read = (json: unknown) => Value;
/** Go's name of a field, its tag, and how it is read. */
type Fields = Readonly<Record<string, readonly [tag: string, read: Read]>>;

const text: Read = (json) => (typeof json === "string" ? json : "");
const integer: Read = (json) => (typeof json === "number" ? json : 0);
const flag: Read = (json) => json === true;
const list =
  (read: Read): Read =>
  (json) =>
    Array.isArray(json) ? json.map(read) : nilSlice;
const texts = list(text);
const mapOf =
  (read: Read): Read =>
  (json) =>
    new GoMap(
      Object.entries(objectOf(json)).map(([key, value]) => [key, read(value)]),
      read(undefined),
    );
const textMap = mapOf(text);
const set = mapOf(() => new Struct("struct {}", {}));
const time: Read = (json) =>
  typeof json === "string" && !Number.isNaN(Date.parse(json))
    ? timeValue(timestampOf(json))
    : new NilPointer("*time.Time");

function struct(type: string, fields: Fields): Read {
  const tags = Object.fromEntries(Object.entries(fields).map(([name, [tag]]) => [name, tag]));
  return (json) => {
    const object = objectOf(json);
    const members = Object.entries(fields).map(([name, [tag, read]]) => [
      name,
      read(object[tag.split(",")[0]!]),
    ]);
    return new Struct(type, Object.fromEntries(members), { tags });
  };
}

function pointer(type: string, read: Read): Read {
  return (json) => (json === undefined || json === null ? new NilPointer(type) : read(json));
}

const platformFields: Fields = {
  Architecture: ["architecture", text],
  OS: ["os", text],
  OSVersion: ["os.version,omitempty", text],
  OSFeatures: ["os.features,omitempty", texts],
  Variant: ["variant,omitempty", text],
};

/** A descriptor of the OCI specification, as Go's `v1.Descriptor`. */
export const descriptorValue = struct("v1.Descriptor", {
  MediaType: ["mediaType", text],
  Digest: ["digest", text],
  Size: ["size", integer],
  URLs: ["urls,omitempty", texts],
  Annotations: ["annotations,omitempty", textMap],
  Data: ["data,omitempty", text],
  Platform: ["platform,omitempty", pointer("*v1.Platform", struct("v1.Platform", platformFields))],
  ArtifactType: ["artifactType,omitempty", text],
});

/** An index with its own digest and size, as buildx gives it to templates. */
export const indexValue = struct("index", {
  SchemaVersion: ["schemaVersion", integer],
  MediaType: ["mediaType,omitempty", text],
  Digest: ["digest", text],
  Size: ["size", integer],
  Manifests: ["manifests", list(descriptorValue)],
  Annotations: ["annotations,omitempty", textMap],
});

/** The configuration of an image, as Go's `v1.Image`. */
export const imageValue = struct("v1.Image", {
  Created: ["created,omitempty", time],
  Author: ["author,omitempty", text],
  ...platformFields,
  Config: [
    "config,omitempty",
    struct("v1.ImageConfig", {
      User: ["User,omitempty", text],
      ExposedPorts: ["ExposedPorts,omitempty", set],
      Env: ["Env,omitempty", texts],
      Entrypoint: ["Entrypoint,omitempty", texts],
      Cmd: ["Cmd,omitempty", texts],
      Volumes: ["Volumes,omitempty", set],
      WorkingDir: ["WorkingDir,omitempty", text],
      Labels: ["Labels,omitempty", textMap],
      StopSignal: ["StopSignal,omitempty", text],
      ArgsEscaped: ["ArgsEscaped,omitempty", flag],
    }),
  ],
  RootFS: ["rootfs", struct("v1.RootFS", { Type: ["type", text], DiffIDs: ["diff_ids", texts] })],
  History: [
    "history,omitempty",
    list(
      struct("v1.History", {
        Created: ["created,omitempty", time],
        CreatedBy: ["created_by,omitempty", text],
        Author: ["author,omitempty", text],
        Comment: ["comment,omitempty", text],
        EmptyLayer: ["empty_layer,omitempty", flag],
      }),
    ),
  ],
});

function objectOf(json: unknown): Record<string, unknown> {
  return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
}

function timestampOf(text: string): Timestamp {
  const [, fraction = ""] = /\.(\d+)/.exec(text) ?? [];
  return {
    $typeName: "google.protobuf.Timestamp",
    seconds: BigInt(Math.floor(Date.parse(text) / 1000)),
    nanos: Number(fraction.padEnd(9, "0").slice(0, 9)),
  };
}
