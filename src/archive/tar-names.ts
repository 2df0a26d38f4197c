import { type Extract, extract, type Header } from "tar-stream";
import { nameOf } from "../util/file-name.js";

/** What tar-stream's extractor has inside. It decodes pax records as UTF-8, which replaces the other bytes of a name. */
interface Decoder {
  _pax: Record<string, string> | null;
  _paxGlobal: Record<string, string> | null;
  _decodeLongHeader(records: Uint8Array): void;
}

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
