import { useEffect, useState } from "preact/hooks";
import type { Provenance as ProvenanceMessage } from "../gen/slipway/build/v1/build_result_pb.js";
import type { HistoryAttachment } from "../gen/slipway/v1/history_pb.js";
import { api, type Problem, problemOf } from "./api.js";
import {
  type Attestation,
  attestationTitle,
  maxAttestationBytes,
  type Pairs,
  type Provenance,
  packagesWith,
  readAttestation,
  type Sbom,
} from "./attestation.js";
import { bytes } from "./format.js";
import { Facts, ProblemPanel } from "./parts.js";

/** The most packages that are shown at a time. */
const shownPackages = 200;

/** An attestation that can be read. */
export interface AttestationSource {
  /** Unique on the page. */
  key: string;
  /** Type of its predicate. */
  type: string;
  platform: string;
  size: number;
  read(signal: AbortSignal): Promise<Uint8Array>;
}

/** Provenance that is in the result of a build. */
export function provenanceSources(provenance: readonly ProvenanceMessage[]): AttestationSource[] {
  return provenance.map(({ predicateType, platform, predicate }, index) => ({
    key: `provenance ${index}`,
    type: predicateType,
    platform,
    size: predicate.length,
    read: async () => predicate,
  }));
}

/** The attestations among what BuildKit stores with a build. */
export function attachedSources(
  { builder, ref }: { builder: string; ref: string },
  attachments: readonly HistoryAttachment[],
): AttestationSource[] {
  return attachments
    .filter(({ type }) => /^https?:/.test(type))
    .map(({ digest, type, platform, sizeBytes }) => ({
      key: `${ref} ${digest}`,
      type,
      platform,
      size: Number(sizeBytes),
      read: (signal) => readAttachment({ builder, ref, digest }, signal),
    }));
}

/**
 * The attestations that BuildKit stores with the parts of a build. Empty when BuildKit has removed its records, and for
 * those who may not read its history.
 */
export function useAttachedSources(builder: string, refs: readonly string[]): AttestationSource[] {
  const [sources, setSources] = useState<AttestationSource[]>([]);
  useEffect(() => {
    const ended = new AbortController();
    const { signal } = ended;
    const find = async (ref: string) => {
      const { record } = await api.history.getHistoryRecord({ builder, ref }, { signal });
      return attachedSources({ builder, ref }, record?.attachments ?? []);
    };
    void Promise.allSettled(refs.map(find)).then((outcomes) => {
      if (signal.aborted) return;
      setSources(outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? outcome.value : [])));
    });
    return () => ended.abort();
  }, [builder, refs.join("\n")]);
  return sources;
}

/** What was said of the result of a build; each is read when it is opened. */
export function AttestationsSection({ sources }: { sources: readonly AttestationSource[] }) {
  if (sources.length === 0) return null;
  return (
    <section aria-labelledby="attestations">
      <h2 id="attestations">Attestations</h2>
      {sources.map((source) => (
        <AttestationView key={source.key} source={source} />
      ))}
    </section>
  );
}

function AttestationView({ source }: { source: AttestationSource }) {
  const [isOpen, setOpen] = useState(false);
  const [attestation, setAttestation] = useState<Attestation>();
  const [problem, setProblem] = useState<Problem>();
  const { type, platform, size } = source;
  const isTooLarge = size > maxAttestationBytes;
  useEffect(() => {
    if (!isOpen || attestation || isTooLarge) return;
    const ended = new AbortController();
    setProblem(undefined);
    source.read(ended.signal).then(
      (bytes) => !ended.signal.aborted && setAttestation(readAttestation(type, bytes)),
      (cause) => !ended.signal.aborted && setProblem(problemOf(cause)),
    );
    return () => ended.abort();
  }, [isOpen]);
  return (
    <details class="attestation" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{[attestationTitle(type), platform, bytes(size)].filter(Boolean).join(", ")}</summary>
      <p class="note">{type}</p>
      {isTooLarge && <p>It is too large to be shown here.</p>}
      <ProblemPanel problem={problem} />
      {attestation?.kind === "provenance" && <ProvenanceView provenance={attestation} />}
      {attestation?.kind === "sbom" && <SbomView sbom={attestation} />}
      {attestation?.kind === "other" && <pre class="excerpt">{attestation.text}</pre>}
    </details>
  );
}

function ProvenanceView({ provenance }: { provenance: Provenance }) {
  const { facts, parameters, materials, materialCount } = provenance;
  return (
    <>
      <Facts facts={facts} />
      <PairsTable title={`Materials, ${materialCount}`} heads={["Material", "Digest"]} pairs={materials} />
      <PairsTable title="Parameters" heads={["Parameter", "Value"]} pairs={parameters} />
    </>
  );
}

interface PairsTableProps {
  title: string;
  heads: readonly [string, string];
  pairs: Pairs;
}

function PairsTable({ title, heads, pairs }: PairsTableProps) {
  if (pairs.length === 0) return null;
  return (
    <table>
      <caption>{title}</caption>
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {pairs.map(([name, value], index) => (
          <tr key={index}>
            <th scope="row">{name}</th>
            <td>
              <code>{value}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function SbomView({ sbom }: { sbom: Sbom }) {
  const [query, setQuery] = useState("");
  const found = packagesWith(sbom, query);
  const left = found.length - shownPackages;
  return (
    <>
      <Facts facts={sbom.facts} />
      <div class="filters">
        <label>
          Search the packages
          <input type="search" value={query} onInput={({ currentTarget }) => setQuery(currentTarget.value)} />
        </label>
      </div>
      <p role="status" class="note">
        {query ? `${found.length} of ${sbom.packageCount} packages` : `${sbom.packageCount} packages`}
      </p>
      <table>
        <caption class="hidden">Packages</caption>
        <thead>
          <tr>
            <th scope="col">Package</th>
            <th scope="col">Version</th>
            <th scope="col">License</th>
          </tr>
        </thead>
        <tbody>
          {found.slice(0, shownPackages).map(({ name, version, license }, index) => (
            <tr key={index}>
              <th scope="row">{name}</th>
              <td>{version}</td>
              <td>{license}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {left > 0 && <p class="note">{`And ${left} more.`}</p>}
    </>
  );
}

async function readAttachment(
  request: { builder: string; ref: string; digest: string },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const { data } of api.history.readHistoryAttachment(request, { signal })) {
    chunks.push(data as Uint8Array<ArrayBuffer>);
    size += data.length;
    // Whatever BuildKit says about its size.
    if (size > maxAttestationBytes) break;
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
