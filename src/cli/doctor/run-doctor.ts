import { runCheck } from "../../host/diagnosis/run-check.js";
import { ExitCode } from "../command-error.js";
import { parseListFormat } from "../output/format.js";
import { openLiveText } from "../output/open-live-text.js";
import { print } from "../output/print.js";
import { checks } from "./checks.js";
import { openContext } from "./doctor-check.js";
import { countsOf, type Progress, reportJson, reportText } from "./report.js";

/** The flags of `doctor`. */
export interface DoctorFlags {
  format: string;
  /** In milliseconds. */
  timeout: number;
}

/** `slipway doctor`. Runs all checks at the same time; exits with 1 if there is a problem. It changes nothing. */
export async function runDoctor(flags: DoctorFlags): Promise<void> {
  const format = parseListFormat(flags.format);
  const live = format === "table" ? await openLiveText() : undefined;
  const context = openContext(process.env, flags.timeout);
  const progress: Progress[] = checks.map(({ id, group }) => ({ id, group, results: undefined }));
  try {
    live?.show(reportText(progress));
    await Promise.all(
      checks.map(async ({ id, run }, at) => {
        const check = { id, run: async (signal: AbortSignal) => run(context, signal) };
        progress[at]!.results = await runCheck(check, flags.timeout);
        live?.show(reportText(progress));
      }),
    );
  } finally {
    context.close();
  }
  if (format === "json") print(reportJson(progress));
  else if (live) live.end(reportText(progress));
  else print(reportText(progress));
  if (countsOf(progress).problem > 0) throw new ExitCode(1);
}
