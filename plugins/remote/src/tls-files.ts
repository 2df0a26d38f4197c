import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Code, driverError, type TlsSettings } from "slipway/driver";

/** Names of the options with a path; each has a counterpart with the content. */
export const tlsFiles = ["cacert", "cert", "key"] as const;
type TlsFile = (typeof tlsFiles)[number];

/** Name of the option with the PEM text instead of a path. */
export function textOption<F extends TlsFile>(file: F): `${F}.pem` {
  return `${file}.pem`;
}

/** The options that turn TLS on. */
export const tlsOptionNames: readonly string[] = [...tlsFiles, ...tlsFiles.map(textOption), "servername"];

/**
 * Reads the certificates and the key of the options. Called for each connection, so that renewed files take effect.
 * Fails with FAILED_PRECONDITION, reason TLS_FILES_UNREADABLE or TLS_FILES_INVALID, and the option as the field.
 */
export async function readTlsFiles(options: Record<string, string>): Promise<TlsSettings> {
  const [cacert, cert, key] = await Promise.all(tlsFiles.map((file) => read(options, file)));
  if (cacert) check(cacert, () => new X509Certificate(cacert.pem), "certificate");
  const certificate = cert && check(cert, () => new X509Certificate(cert.pem), "certificate");
  const privateKey = key && check(key, () => createPrivateKey(key.pem), "private key");
  if (certificate && privateKey && !certificate.checkPrivateKey(privateKey))
    throw invalid(key, "it does not belong to the certificate", "Use the key of the certificate.");
  return {
    ca: cacert?.pem,
    certificate: cert?.pem,
    key: key?.pem,
    serverName: options.servername,
  };
}

interface Source {
  option: string;
  /** For messages; never the content of a key. */
  title: string;
  pem: Buffer;
}

async function read(options: Record<string, string>, file: TlsFile): Promise<Source | undefined> {
  const text = options[textOption(file)];
  if (text)
    return {
      option: textOption(file),
      title: `The driver option ${textOption(file)}`,
      pem: Buffer.from(text),
    };
  const path = options[file];
  if (!path) return undefined;
  try {
    return {
      option: file,
      title: `The file ${path} of the driver option ${file}`,
      pem: await readFile(path),
    };
  } catch (cause) {
    throw fileError(
      "TLS_FILES_UNREADABLE",
      file,
      `The file ${path} of the driver option ${file} cannot be read: ${(cause as Error).message}.`,
      "Correct the path. The file must be on the machine of the Slipway host and readable for its user.",
    );
  }
}

function check<T>(source: Source, parse: () => T, what: string): T {
  try {
    return parse();
  } catch (cause) {
    const { message } = cause as Error;
    throw invalid(source, `it does not contain a ${what} in PEM (${message})`, `Use a ${what} in PEM.`);
  }
}

function invalid({ option, title }: Source, why: string, remedy: string): Error {
  return fileError("TLS_FILES_INVALID", option, `${title} cannot be used: ${why}.`, remedy);
}

function fileError(reason: string, option: string, message: string, remedy: string): Error {
  const fields = [{ field: `options[${option}]`, message, reason }];
  return driverError({ code: Code.FailedPrecondition, reason, message, remedy, fields });
}
