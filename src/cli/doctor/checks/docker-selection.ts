import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { dockerConfigDir } from "../../../config/docker-config.js";
import { type Finding, ok, problem, warning } from "../../../host/diagnosis/finding.js";
import { isLoopback } from "../../../network/is-loopback.js";
import type { DoctorCheck } from "../doctor-check.js";

/** DOCKER_HOST, DOCKER_CONTEXT and docker's current context select one engine without contradiction. */
export const dockerSelection: DoctorCheck = {
  id: "docker-selection",
  group: "Docker",
  run: ({ env }) => checkDockerSelection(env),
};

/** Checks how the environment selects a Docker Engine. */
export async function checkDockerSelection(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const config = dockerConfigDir(env);
  const current = await currentContext(config);
  const { DOCKER_HOST: host, DOCKER_CONTEXT: context } = env;
  const findings: Finding[] = [];
  if (host) {
    findings.push(...(await checkDockerHost(host, env)));
    const hidden = context ? `DOCKER_CONTEXT=${context}` : current && `the current context ${current}`;
    if (hidden)
      findings.push(
        warning(`DOCKER_HOST is set, so ${hidden} has no effect.`, "Unset DOCKER_HOST to use the context."),
      );
  } else {
    const selected = context || current;
    if (selected && selected !== "default" && !(await hasContext(config, selected)))
      findings.push(
        problem(
          `${context ? "DOCKER_CONTEXT" : "Docker's configuration"} selects the context ${selected}, which does not exist.`,
          "Select another with `docker context use`, or unset DOCKER_CONTEXT.",
        ),
      );
    if (context && current && context !== current)
      findings.push(
        warning(`DOCKER_CONTEXT=${context} is set, so the current context ${current} has no effect.`),
      );
  }
  return findings.length > 0
    ? findings
    : [
        ok(
          `The engine is that of ${host ? "DOCKER_HOST" : `the context ${context || current || "default"}`}.`,
        ),
      ];
}

async function checkDockerHost(host: string, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  if (!URL.canParse(host) || !/^(unix|tcp|ssh|http|https|npipe|fd):/.test(host))
    return [
      problem("DOCKER_HOST is not an address.", "Use unix:///path, tcp://host:port or ssh://user@host."),
    ];
  const { protocol, hostname, pathname } = new URL(host);
  if (protocol === "unix:") return checkEngineSocket(pathname);
  const usesTls =
    Boolean(env.DOCKER_TLS_VERIFY || env.DOCKER_TLS || env.DOCKER_CERT_PATH) || protocol === "https:";
  if (protocol === "tcp:" && !usesTls && !isLoopback(hostname))
    return [
      warning(
        "DOCKER_HOST is on the network without TLS: whoever can reach it is root there.",
        "Protect the engine with TLS, and set DOCKER_TLS_VERIFY and DOCKER_CERT_PATH.",
      ),
    ];
  return protocol === "tcp:" && env.DOCKER_TLS_VERIFY
    ? checkTlsFolder(env.DOCKER_CERT_PATH || join(homedir(), ".docker"))
    : [];
}

async function checkEngineSocket(path: string): Promise<Finding[]> {
  const error = await access(path, constants.R_OK | constants.W_OK).then(
    () => undefined,
    (cause: NodeJS.ErrnoException) => cause,
  );
  if (!error) return [];
  if (error.code === "EACCES")
    return [
      problem(
        `This user may not use the socket ${path} of DOCKER_HOST.`,
        "Add the user to the socket's group, such as docker, and log in again.",
      ),
    ];
  return [
    problem(`The socket ${path} of DOCKER_HOST does not exist.`, "Start the engine, or correct DOCKER_HOST."),
  ];
}

async function checkTlsFolder(folder: string): Promise<Finding[]> {
  const files = ["ca.pem", "cert.pem", "key.pem"];
  const found = await Promise.all(files.map((file) => stat(join(folder, file)).catch(() => undefined)));
  const missing = files.filter((_, at) => !found[at]);
  if (missing.length === 0) return [];
  return [
    problem(
      `DOCKER_TLS_VERIFY is set, but ${folder} lacks ${missing.join(", ")}.`,
      "Set DOCKER_CERT_PATH to the folder with these files.",
    ),
  ];
}

async function currentContext(config: string): Promise<string | undefined> {
  try {
    const { currentContext: name } = JSON.parse(await readFile(join(config, "config.json"), "utf8"));
    return typeof name === "string" && name !== "default" && name !== "" ? name : undefined;
  } catch {
    // The check of the configuration reports it.
    return undefined;
  }
}

async function hasContext(config: string, name: string): Promise<boolean> {
  const id = createHash("sha256").update(name).digest("hex");
  return stat(join(config, "contexts", "meta", id, "meta.json")).then(
    () => true,
    () => false,
  );
}
