import type { MessageInitShape } from "@bufbuild/protobuf";
import { useEffect, useState } from "preact/hooks";
import type { CreateBuilderRequestSchema } from "../gen/slipway/v1/builder_pb.js";
import { api, type Problem, problemOf } from "./api.js";
import { type Finding, findingsOf, warningsOf } from "./builder-form.js";
import { isPassing } from "./connection.js";

/** A builder to create. */
export type Request = MessageInitShape<typeof CreateBuilderRequestSchema>;

/** What the host says of a builder that one describes. */
export interface Checked {
  findings: readonly Finding[];
  /** Why the host refuses the builder as a whole. */
  problem?: Problem;
}

/** Time without another change until the host is asked, in milliseconds. */
const quietMs = 250;
/** Time until it is asked again when it did not answer, in milliseconds. */
const retryMs = 1000;

/** Has the driver check a description whenever it has changed. */
export function useFindings(request: Request): Checked {
  const [checked, setChecked] = useState<Checked>({ findings: [] });
  useEffect(() => {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      try {
        const asked = { ...request, validateOnly: true };
        const { diagnostics } = await api.builders.createBuilder(asked, { signal: ended.signal });
        setChecked({ findings: warningsOf(diagnostics) });
      } catch (cause) {
        if (ended.signal.aborted) return;
        if (isPassing(cause)) timer = setTimeout(ask, retryMs);
        else setChecked(whatIsWrong(cause));
      }
    };
    timer = setTimeout(ask, quietMs);
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [JSON.stringify(request)]);
  return checked;
}

/** What an error of CreateBuilder says about fields or the whole. */
export function whatIsWrong(cause: unknown): Checked {
  const findings = findingsOf(cause);
  return findings ? { findings } : { findings: [], problem: problemOf(cause) };
}
