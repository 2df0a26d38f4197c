import { realpath } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { InputError } from "../../errors/input-error.js";
import type { BakeTarget } from "../../gen/slipway/v1/bake_pb.js";
import { readGoBool } from "../../util/go-values.js";
import { policyPath } from "../build/policy.js";
import type { BakeFlags } from "./bake-flags.js";

/** A privilege that a definition asks for: its line for people, and the value of --allow that grants it. */
interface Privilege {
  what: string;
  flag: string;
}

/**
 * Throws unless --allow grants what the targets ask for: the host's network, more rights for steps, and files outside of
 * the working directory. What the command line itself names with --set is granted.
 */
export async function requirePrivileges(
  targets: readonly BakeTarget[],
  { allow = [], set = [] }: BakeFlags,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  allow.forEach(checkKey);
  const isAllowed = (entitlement: string) =>
    allow.includes(entitlement) || set.some((text) => text.endsWith(`.entitlements=${entitlement}`));
  const missing: Privilege[] = [];
  const entitlements = new Set(targets.flatMap(({ spec }) => spec?.entitlements ?? []));
  for (const entitlement of entitlements) {
    const isDevice = entitlement.startsWith("device");
    if (isAllowed(entitlement) || (isDevice && allow.includes("device"))) continue;
    missing.push({ what: meaningOf(entitlement), flag: entitlement });
  }
  const checksFiles = readGoBool(env.BUILDX_BAKE_ENTITLEMENTS_FS ?? "true") ?? true;
  if (checksFiles) missing.push(...(await missingFiles(targets, allow, set)));
  if (missing.length === 0) return;
  const flags = missing.map(({ flag }) => `--allow=${flag}`).join(" ");
  throw new InputError({
    reason: "PRIVILEGES_REQUIRED",
    field: "--allow",
    message: [
      "additional privileges requested: the build is requesting privileges for following possibly insecure capabilities:",
      ...missing.map(({ what }) => ` - ${what}`),
    ].join("\n"),
    remedy: `Pass ${JSON.stringify(flags)} to grant requested privileges.`,
  });
}

/** Keys of `bake --allow`. The outputs check buildx.local.delete. */
const keys =
  /^(network\.host|security\.insecure|ssh|buildx\.local\.delete|device(=.*)?|fs(\.read|\.write)?=.*|)$/s;

function checkKey(text: string): void {
  if (keys.test(text)) return;
  throw new InputError({
    reason: "ENTITLEMENT_INVALID",
    field: "--allow",
    message: `unknown entitlement key ${JSON.stringify(text.replace(/=.*/s, ""))}`,
    remedy:
      "Use network.host, security.insecure, device, ssh, buildx.local.delete, fs=PATH, fs.read=PATH or fs.write=PATH.",
  });
}

function meaningOf(entitlement: string): string {
  if (entitlement === "network.host") return "Running build containers that can access host network";
  if (entitlement === "security.insecure")
    return "Running privileged containers that can make system changes";
  return `Access to ${entitlement}`;
}

async function missingFiles(
  targets: readonly BakeTarget[],
  allow: readonly string[],
  set: readonly string[],
): Promise<Privilege[]> {
  const granted = (kind: string) =>
    allow.flatMap((text) => (text.startsWith(`${kind}=`) ? [text.slice(kind.length + 1)] : []));
  const readable = await grants([".", ...granted("fs"), ...granted("fs.read")]);
  const writable = await grants([".", ...granted("fs"), ...granted("fs.write")]);
  const isNamed = (path: string) => set.some((text) => text.slice(text.indexOf("=") + 1).includes(path));
  const missing: Privilege[] = [];
  const outside = async (paths: Iterable<string>, grant: readonly string[], kind: string, access: string) => {
    const found = new Set<string>();
    for (const path of paths) {
      const real = await existing(resolve(path));
      if (!isNamed(path) && !grant.some((folder) => isInside(real, folder))) found.add(real);
    }
    for (const path of [...found].sort())
      missing.push({ what: `${access} access to path ${path}`, flag: `${kind}=${path}` });
  };
  await outside(new Set(targets.flatMap(readPaths)), readable, "fs.read", "Read");
  await outside(new Set(targets.flatMap(writtenPaths)), writable, "fs.write", "Write");
  const usesAgent = targets.some(({ local }) => local?.ssh.some(({ paths }) => paths.length === 0));
  if (usesAgent && !allow.includes("ssh") && !set.some((text) => /\.ssh\+?=/.test(text)))
    missing.push({ what: "Forwarding default SSH agent socket", flag: "ssh" });
  return missing;
}

function readPaths({ local, spec }: BakeTarget): string[] {
  if (!local || !spec) return [];
  const { context, dockerfile, namedContexts, secrets, ssh } = local;
  return [
    ...(context ? [context] : []),
    ...(dockerfile && !/^https?:\/\//.test(dockerfile) ? [join(context, dockerfile)] : []),
    ...Object.values(namedContexts).map((source) => source.replace(/^oci-layout:\/\/([^@:]*).*$/, "$1")),
    ...secrets.flatMap(({ file }) => (file ? [file] : [])),
    ...ssh.flatMap(({ paths }) => paths),
    ...(spec.policy?.policies ?? []).flatMap(({ files }) =>
      files.flatMap(({ name }) => policyPath(name, context || undefined) ?? []),
    ),
    ...spec.cacheFrom.flatMap(({ type, attributes }) =>
      type === "local" && attributes.src ? [attributes.src] : [],
    ),
  ];
}

function writtenPaths({ local, spec }: BakeTarget): string[] {
  return [
    ...Object.values(local?.destinations ?? {}).filter((path) => path !== "-"),
    ...(spec?.cacheTo ?? []).flatMap(({ type, attributes }) =>
      type === "local" && attributes.dest ? [attributes.dest] : [],
    ),
  ];
}

function grants(paths: readonly string[]): Promise<string[]> {
  return Promise.all(paths.map((path) => (path === "*" ? "/" : existing(resolve(path)))));
}

/** The real path, as far as it exists. */
async function existing(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined) return real;
  const parent = dirname(path);
  return parent === path ? path : join(await existing(parent), path.slice(parent.length));
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
