import { useState } from "preact/hooks";
import type { Build } from "../gen/slipway/v1/build_pb.js";
import { api, problemOf } from "./api.js";

/** Cancels a build after a question. */
export function CancelButton({ build, onChange }: { build: Build; onChange: () => void }) {
  const [isBusy, setBusy] = useState(false);
  const name = build.displayName || build.id;
  const onClick = async () => {
    if (!confirm(`Cancel the build ${name}?`)) return;
    setBusy(true);
    try {
      await api.builds.cancelBuild({ id: build.id });
      onChange();
    } catch (cause) {
      const { message, callId } = problemOf(cause);
      alert(callId ? `${message} (call ${callId})` : message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <button type="button" disabled={isBusy} aria-label={`Cancel ${name}`} onClick={onClick}>
      Cancel
    </button>
  );
}
