import { clone, type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { withoutCredentials } from "../../../inputs/url-credentials.js";
import { escapeAsGo } from "../../../util/go-json.js";
import { maskSecrets } from "./mask-secrets.js";
import { SecretText } from "./secret-text.js";

/** Fields that identify something and are never made of a secret. */
const identifiers = new Set(
  "reason field node nodes builder driver ref platform platforms sensitive_parameters".split(" "),
);

/** Masks the secrets of one build, and the credentials of URLs, in what is shown or stored of it. */
export class Redaction {
  readonly #inTexts: readonly SecretText[];
  /** The bytes of the secrets in UTF-8, one a character. */
  readonly inBytes: readonly SecretText[];

  /** @param secrets values that must not be shown, in any order */
  constructor(secrets: Iterable<string>) {
    const forms = [...new Set([...secrets].flatMap(formsOf))];
    this.#inTexts = forms.map((text) => new SecretText(text));
    this.inBytes = forms.map((text) => new SecretText(Buffer.from(text).toString("latin1")));
  }

  /** A text without the secrets; JSON in base64, as in the metadata of an image, is looked into. */
  text(text: string): string {
    if (/^eyJ[A-Za-z0-9+/]+=*$/.test(text)) {
      const json = Buffer.from(text, "base64").toString();
      const shown = this.text(json);
      if (shown !== json) return Buffer.from(shown).toString("base64");
    }
    return withoutCredentials(maskSecrets(text, this.#inTexts));
  }

  /** Bytes without the secrets, such as a source file or a document. They need not be text. */
  bytes(bytes: Uint8Array): Uint8Array {
    const text = Buffer.from(bytes).toString("latin1");
    const shown = withoutCredentials(maskSecrets(text, this.inBytes));
    return shown === text ? bytes : Buffer.from(shown, "latin1");
  }

  /** Whether the binary form of a message certainly has nothing to mask. Then the message need not be looked through. */
  isClean(bytes: Uint8Array): boolean {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    if (text.includes("eyJ") || (text.includes("://") && text.includes("@"))) return false;
    return !this.inBytes.some((secret) => secret.isIn(text));
  }

  /** A message without the secrets: a copy if it has any. */
  message<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): MessageShape<Desc> {
    if (this.isClean(toBinary(schema, message))) return message;
    const shown = clone(schema, message);
    this.#redact(reflect(schema, shown, false));
    return shown;
  }

  #redact(message: ReflectMessage): void {
    for (const field of message.fields) {
      if (!message.isSet(field) || (!field.message && identifiers.has(field.name))) continue;
      if (field.fieldKind === "scalar") message.set(field, this.#value(message.get(field)));
      else if (field.fieldKind === "message") this.#redact(message.get(field));
      else if (field.fieldKind === "list") {
        const list = message.get(field);
        for (let index = 0; index < list.size; index++) list.set(index, this.#value(list.get(index)));
      } else if (field.fieldKind === "map") {
        const map = message.get(field);
        for (const [key, value] of map) map.set(key, this.#value(value));
      }
    }
  }

  #value<T>(value: T): T {
    if (typeof value === "string") return this.text(value) as T;
    if (value instanceof Uint8Array) return this.bytes(value) as T;
    if (isReflected(value)) this.#redact(value);
    return value;
  }
}

function isReflected(value: unknown): value is ReflectMessage {
  return typeof value === "object" && value !== null && "fields" in value && "message" in value;
}

/** A secret as it is, as JSON of JavaScript, and as JSON of Go. */
function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, escapeAsGo(json)];
}
