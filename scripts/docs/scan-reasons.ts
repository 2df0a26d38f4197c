import { Code } from "@connectrpc/connect";
import { parseSync } from "@swc/core";

/** A string in a source that is or may be a reason. */
export interface Mention {
  text: string;
  /** The gRPC code of the same error, if the error is made of literals. */
  code?: Code;
  /** It is only compared with a reason that is raised elsewhere. */
  isComparison?: boolean;
}

/** Names in capitals that are not reasons: environment variables, codes of gRPC, Node and zlib, options of Amazon's SDK, and Jaeger's references. */
const otherNames = new RegExp(
  `^(${[
    "ACTIONS_(CACHE_URL|RESULTS_URL|RUNTIME_TOKEN)",
    "AWS_[A-Z0-9_]+",
    "AZURE_[A-Z_]+",
    "BUILDKIT_HOST",
    "BUILDX_CONFIG",
    "CHILD_OF",
    "CLOUDSDK_[A-Z_]+",
    "CONTAINERD_(ADDRESS|NAMESPACE)",
    "CONTAINERS_(CONF|STORAGE_CONF)",
    "CONTAINER_(CONNECTION|HOST|SSHKEY)",
    "DBUS_SESSION_BUS_ADDRESS",
    "DEADLINE_EXCEEDED",
    "DOCKER_(API_VERSION|AUTH_CONFIG|CERT_PATH|CONFIG|CONTEXT|CREDENTIAL_GCR_CONFIG|HOST|TLS|TLS_VERIFY)",
    "EAI_AGAIN",
    "ERR_[A-Z0-9_]+",
    "FOLLOWS_FROM",
    "GIT_AUTH_(HEADER|TOKEN)",
    "GITHUB_(ACTIONS|(ACTOR|REPOSITORY|REPOSITORY_OWNER)(_ID)?|EVENT_(NAME|PATH)|JOB|REF(_NAME|_PROTECTED|_TYPE)?)",
    "GITHUB_(RUN_(ATTEMPT|ID|NUMBER)|SERVER_URL|TRIGGERING_ACTOR|WORKFLOW(_REF|_SHA)?)",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GPG_(AGENT_INFO|TTY)",
    "LC_ALL",
    "LISTEN_(FDNAMES|FDS|PID)",
    "(ALL|FTP|HTTPS?|NO)_PROXY",
    "PASSWORD_STORE_(DIR|GPG_OPTS)",
    "PLUGIN_(CLIENT_CERT|MAX_PORT|MIN_PORT|MULTIPLEX_GRPC|PROTOCOL_VERSIONS|UNIX_SOCKET_(DIR|GROUP))",
    "NERDCTL_TOML",
    "RUNNER_(ARCH|ENVIRONMENT|NAME|OS|TRACKING_ID)",
    "SLIPWAY_[A-Z_]+",
    "SSH_AUTH_SOCK",
    "SSL_CERT_(DIR|FILE)",
    "VAULT_(ADDR|CACERT|NAMESPACE|TOKEN)",
    "WAYLAND_DISPLAY",
    "WHEN_REQUIRED",
    "XDG_([A-Z]+_HOME|RUNTIME_DIR)",
    "Z_BUF_ERROR",
  ].join("|")})$`,
);

type Node = Record<string, unknown> & { type?: string };
type About = Omit<Mention, "text"> & { isReason?: boolean };

/** Every string in a TypeScript source that may be a reason. */
export function mentionsIn(source: string): Mention[] {
  return [...visit(parseSync(source, { syntax: "typescript", target: "es2022" }), {})];
}

/** Every string in a source of Go, Python or Java that may be a reason; the lists of exported names hold none. */
export function namesIn(source: string): string[] {
  const names = [...source.matchAll(/(?<!^\s*)"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"/gm)].map(([, name]) => name!);
  return names.filter((name) => !otherNames.test(name));
}

/** @param about what is known of the literals of this expression */
function* visit(node: unknown, about: About): Generator<Mention> {
  if (Array.isArray(node)) for (const each of node) yield* visit(each, about);
  else if (isNode(node)) yield* visitNode(node, about);
}

function* visitNode(node: Node, about: About): Generator<Mention> {
  const { isReason, ...mention } = about;
  switch (node.type) {
    case "StringLiteral": {
      const text = node.value as string;
      const isSnake = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(text) && !otherNames.test(text);
      if (isSnake || (isReason && /^[A-Z]+$/.test(text))) yield { text, ...mention };
      return;
    }
    case "ImportDeclaration":
    case "TsLiteralType":
      return;
    case "BinaryExpression":
      return yield* visitChildren(node, { isComparison: /^[!=]==$/.test(node.operator as string) });
    case "CallExpression":
      return yield* visitChildren(node, isNamed(node.callee, "invalidField") ? invalid : {});
    case "ConditionalExpression":
      yield* visit(node.test, {});
      return yield* visit([node.consequent, node.alternate], about);
    case "ObjectExpression":
      return yield* visitObject(node.properties as Node[]);
    default:
      yield* visitChildren(node, node.type ? {} : about);
  }
}

const invalid = { code: Code.InvalidArgument };

function* visitChildren(node: Node, about: About): Generator<Mention> {
  for (const child of Object.values(node)) yield* visit(child, about);
}

/** `{ code: Code.NotFound, reason: "X" }`: the literals of `reason` go with the code. */
function* visitObject(properties: Node[]): Generator<Mention> {
  const value = (name: string) => properties.find(({ key }) => isNamed(key, name))?.value;
  const member = value("code") as { property?: { value?: string } } | undefined;
  const code = Code[member?.property?.value as keyof typeof Code];
  for (const property of properties) {
    const isReason = isNamed(property.key, "reason");
    if (isReason) yield* visit(property.value, { isReason, code });
    else yield* visitChildren(property, {});
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null;
}

function isNamed(node: unknown, name: string): boolean {
  return isNode(node) && node.value === name;
}
