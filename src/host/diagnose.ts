import type { MessageInitShape } from "@bufbuild/protobuf";
import { CheckOutcome, type CheckResultSchema } from "../gen/slipway/v1/host_pb.js";
import type { BuilderRegistry } from "./builders/registry.js";
import { checkAccessFile } from "./diagnosis/access-file.js";
import { checkAdvertisedAddress } from "./diagnosis/advertised-address.js";
import { checkBuilderAccess } from "./diagnosis/builder-access.js";
import { checkCertificateFile, checkPrivateKey } from "./diagnosis/certificates.js";
import { checkDatabase } from "./diagnosis/database.js";
import { checkDiskSpace } from "./diagnosis/disk-space.js";
import { type Finding, ok, problemOf, warning } from "./diagnosis/finding.js";
import { checkIssuersFile } from "./diagnosis/issuers-file.js";
import { checkKeyFile } from "./diagnosis/key-file.js";
import { checkProjectsFile } from "./diagnosis/projects-file.js";
import { type Check, type Result, runCheck } from "./diagnosis/run-check.js";
import { checkSharedDatabase } from "./diagnosis/shared-database.js";
import { checkSharedUploads } from "./diagnosis/shared-uploads.js";
import { checkStateFolder } from "./diagnosis/state-folder.js";
import type { HostOptions } from "./host-options.js";
import type { TcpListen } from "./server/listen.js";

/** Time limit of a check, in milliseconds. */
const timeoutMs = 10_000;

/** What is checked. */
export interface DiagnoseOptions {
  stateDir: string;
  stateKeyFile?: string;
  /** URL of a database that hosts share. */
  database?: string;
  /** Where hosts share uploads. */
  uploads?: string;
  /** Where other hosts reach the TCP listener. */
  advertise?: HostOptions["advertise"];
  /** The projects file. */
  projectsFile?: string;
  tcp?: TcpListen;
  registry: BuilderRegistry;
}

/** Checks the files and folders that a host uses, all at the same time. */
export async function diagnose(
  options: DiagnoseOptions,
): Promise<MessageInitShape<typeof CheckResultSchema>[]> {
  const results = await Promise.all(checksOf(options).map((check) => runCheck(check, timeoutMs)));
  return results.flat().map(toMessage);
}

function checksOf(options: DiagnoseOptions): Check[] {
  const { stateDir, tcp, stateKeyFile, database, uploads, advertise, projectsFile, registry } = options;
  const { tokenFile, issuersFile, tls } = tcp ?? {};
  return [
    { id: "state-folder", run: () => checkStateFolder(stateDir) },
    { id: "disk-space", run: () => checkDiskSpace(stateDir) },
    { id: "database", run: () => checkDatabase(stateDir) },
    ...(database ? [{ id: "shared-database", run: () => checkSharedDatabase(database) }] : []),
    ...(uploads
      ? [{ id: "shared-uploads", run: () => checkSharedUploads(uploads, stateKeyFile !== undefined) }]
      : []),
    ...(advertise
      ? [{ id: "advertised-address", run: () => checkAdvertisedAddress(advertise, tls?.certFile) }]
      : []),
    ...(stateKeyFile ? [{ id: "state-key", run: () => checkKeyFile(stateKeyFile) }] : []),
    { id: "stored-secrets", run: () => checkSecrets(registry) },
    ...(tcp ? [{ id: "builder-access", run: async () => checkBuilderAccess(registry.openBuilders()) }] : []),
    ...(tokenFile ? [{ id: "access-file", run: () => checkAccessFile(tokenFile) }] : []),
    ...(issuersFile ? [{ id: "issuers-file", run: () => checkIssuersFile(issuersFile) }] : []),
    ...(projectsFile ? [{ id: "projects-file", run: () => checkProjectsFile(projectsFile) }] : []),
    ...(tls ? tlsChecks(tls) : []),
  ];
}

function tlsChecks({ certFile, keyFile, clientCaFile }: NonNullable<TcpListen["tls"]>) {
  return [
    { id: "tls-certificate", run: () => checkCertificateFile(certFile, "the host's certificate") },
    { id: "tls-key", run: () => checkPrivateKey(keyFile, certFile, "the host's key") },
    ...(clientCaFile
      ? [{ id: "tls-client-ca", run: () => checkCertificateFile(clientCaFile, "the clients' authority") }]
      : []),
  ];
}

async function checkSecrets(registry: BuilderRegistry): Promise<Finding[]> {
  const locked = registry.lockedBuilders().map(({ error }) => problemOf(error));
  const inClear = await registry.buildersInClear();
  if (inClear.length > 0) {
    const finding = warning(
      `Secrets of builders are stored without encryption: ${inClear.join(", ")}.`,
      "Give the host a key file, as docs/security.md describes, and restart it.",
    );
    locked.push({ ...finding, reason: "STATE_NOT_ENCRYPTED" });
  }
  return locked.length > 0 ? locked : [ok("No secret is stored without encryption.")];
}

const outcomes = {
  ok: CheckOutcome.OK,
  warning: CheckOutcome.WARNING,
  problem: CheckOutcome.PROBLEM,
  skipped: CheckOutcome.SKIPPED,
};

function toMessage({ outcome, ...rest }: Result) {
  return { ...rest, outcome: outcomes[outcome] };
}
