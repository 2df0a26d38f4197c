import { type Extract, extract, type Header, type Pack, pack } from "tar-stream";
import { nameBytes, nameOf } from "../util/file-name.js";

/** What tar-stream's extractor has inside. It decodes pax records as UTF-8, which replaces the other bytes of a name. */
interface Decoder {
  _pax: Record<string, string> | null;
  _paxGlobal: Record<string, string> | null;
  _decodeLongHeader(records: Uint8Array): void;
}

/** What tar-stream's packer has inside. It encodes names as UTF-8. */
interface Encoder {
  _encode(header: EncodedHeader): void;
}

type EncodedHeader = Omit<Header, "type" | "linkname"> & {
  type: Header["type"] | "pax-header";
  linkname?: string | null;
};

/** The records that have names. */
const namedBy = ["path", "linkpath"];

/** An extractor of tar archives whose headers {@link withNames} completes. */
export function extractTarEntries(): Extract {
  // Its type lacks the option; latin1 keeps all bytes.
  const options: object = { filenameEncoding: "latin1" };
  const extractor = extract(options);
  const decoder = extractor as unknown as Decoder;
  const decode = decoder._decodeLongHeader.bind(extractor);
  decoder._decodeLongHeader = (records) => {
    const before = [decoder._pax, decoder._paxGlobal];
    decode(records);
    for (const pax of [decoder._pax, decoder._paxGlobal])
      if (pax && !before.includes(pax)) Object.assign(pax, namesIn(Buffer.from(records)));
  };
  return extractor;
}

/** A header with the texts of its names, as in {@link nameOf}. */
export function withNames(header: Header): Header {
  const { name, linkname } = header;
  const pax = header.pax as Record<string, string> | null | undefined;
  const textOf = (bytes: string) => nameOf(Buffer.from(bytes, "latin1"));
  return {
    ...header,
    name: pax?.path ? name : textOf(name),
    linkname: !linkname || pax?.linkpath ? linkname : textOf(linkname),
  };
}

/** A packer that takes names as in {@link nameOf}: what is not UTF-8 goes into pax records as it is. */
export function packTarEntries(): Pack {
  const archive = pack();
  const encoder = archive as unknown as Encoder;
  const encode = encoder._encode.bind(archive);
  encoder._encode = (header) => {
    const names = { path: header.name, linkpath: header.linkname ?? "" };
    if (Object.values(names).every((name) => name.isWellFormed())) return encode(header);
    const records = Buffer.concat(Object.entries(names).map(([key, name]) => paxRecord(key, name)));
    const plain = { ...header, name: "PaxHeader", linkname: header.linkname && "PaxHeader" };
    encode({ ...plain, type: "pax-header", linkname: null, size: records.length });
    archive.push(Buffer.concat([records, Buffer.alloc(-records.length & 511)]));
    encode(plain);
  };
  return archive;
}

/** "LENGTH KEY=VALUE\n", where the length counts itself; nothing for an empty value. */
function paxRecord(key: string, value: string): Buffer {
  if (!value) return Buffer.alloc(0);
  const rest = Buffer.concat([Buffer.from(` ${key}=`), nameBytes(value), Buffer.from("\n")]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** The names in pax records: "LENGTH KEY=VALUE\n" each. */
function namesIn(records: Buffer): Record<string, string> {
  const names: Record<string, string> = {};
  for (let at = 0; at < records.length; ) {
    const space = records.indexOf(" ", at);
    const length = Number.parseInt(records.toString("latin1", at, space), 10);
    if (space < 0 || !(length > 0)) break;
    const record = records.subarray(space + 1, at + length - 1);
    const equals = record.indexOf("=");
    const key = record.toString("latin1", 0, equals);
    if (namedBy.includes(key)) names[key] = nameOf(record.subarray(equals + 1));
    at += length;
  }
  return names;
}
