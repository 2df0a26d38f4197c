import type { ConnectError } from "@connectrpc/connect";
import { invalidField } from "../../errors/typed-error.js";

const pattern = /^[a-z][a-z0-9._-]*$/;
/** Longest name of a builder or node, in characters. Drivers may allow less. */
const maxLength = 128;

/** The name of a new builder in lower case; INVALID_ARGUMENT, reason BUILDER_NAME_INVALID. */
export function builderName(given: string): string {
  return checked(given || randomName(), (message, remedy) =>
    invalidField("name", "BUILDER_NAME_INVALID", `Invalid builder name ${message}.`, remedy),
  );
}

/** The name of a new node in lower case; INVALID_ARGUMENT, reason NODE_NAME_INVALID. */
export function nodeName(given: string): string {
  return checked(given, (message, remedy) =>
    invalidField("node.name", "NODE_NAME_INVALID", `Invalid node name ${message}.`, remedy),
  );
}

function checked(given: string, refuse: (message: string, remedy: string) => ConnectError): string {
  const name = given.toLowerCase();
  if (name.length > maxLength) {
    const start = JSON.stringify(`${given.slice(0, 20)}…`);
    throw refuse(`${start}: it has ${name.length} characters`, `Use at most ${maxLength} characters.`);
  }
  if (!pattern.test(name))
    throw refuse(
      JSON.stringify(given),
      "Start with a letter, and use letters, digits, dots, underscores and dashes.",
    );
  return name;
}

function randomName(): string {
  const left = "brave calm eager fair keen kind quick quiet steady warm".split(" ");
  const right = "anchor barge ferry galley harbor keel ketch rudder schooner sloop".split(" ");
  const pick = (words: string[]) => words[Math.floor(Math.random() * words.length)];
  return `${pick(left)}_${pick(right)}`;
}
