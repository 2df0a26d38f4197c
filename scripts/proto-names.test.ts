import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { DescFile, DescMessage } from "@bufbuild/protobuf";
import { expect, test } from "vitest";

/** Fields whose getter in Java would be one that every message has. */
const taken = [
  "all_fields",
  "default_instance_for_type",
  "descriptor",
  "descriptor_for_type",
  "initialization_error_string",
  "parser_for_type",
  "serialized_size",
  "unknown_fields",
];

const nested = (message: DescMessage): DescMessage[] => [message, ...message.nestedMessages.flatMap(nested)];

test("no field has a name for which the stubs in Java do not compile", async () => {
  const folder = join(import.meta.dirname, "../src/gen/slipway");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith("_pb.ts"),
  );
  const fields: string[] = [];
  for (const name of files) {
    const module: Record<string, unknown> = await import(join(folder, name));
    const [, file] = Object.entries(module).find(([key]) => key.startsWith("file_"))!;
    for (const message of (file as DescFile).messages.flatMap(nested))
      for (const field of message.fields) fields.push(`${message.typeName}.${field.name}`);
  }
  expect(fields.length).toBeGreaterThan(500);
  expect(fields.filter((field) => taken.includes(field.split(".").at(-1)!))).toEqual([]);
});
