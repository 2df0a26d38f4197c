import { type Plugin, PluginState } from "../gen/slipway/v1/plugin_pb.js";
import { api } from "./api.js";
import { dateTime, millis, words } from "./format.js";
import { allOf } from "./page-through.js";
import { Badge, Facts, ProblemPanel } from "./parts.js";
import { usePoll } from "./use-poll.js";
import { useTitle } from "./use-title.js";

/** How often the plugins are read, in milliseconds. */
const listMs = 5000;

/** The plugins with their state and their last lines. */
export function PluginsPage() {
  useTitle("Plugins");
  const { value, problem } = usePoll(
    "plugins",
    (signal) =>
      allOf(
        (pageToken) => api.plugins.listPlugins({ pageToken }, { signal }),
        ({ plugins }) => plugins,
      ),
    listMs,
  );
  return (
    <>
      <h1>Plugins</h1>
      <ProblemPanel problem={problem} />
      {value?.map((plugin) => (
        <PluginView key={`${plugin.path} ${plugin.address} ${plugin.name}`} plugin={plugin} />
      ))}
    </>
  );
}

const kinds: Partial<Record<PluginState, string>> = {
  [PluginState.RUNNING]: "done",
  [PluginState.ATTACHED]: "done",
  [PluginState.STARTING]: "running",
  [PluginState.BACKOFF]: "waiting",
  [PluginState.QUARANTINED]: "failed",
  [PluginState.INVALID]: "failed",
};

function PluginView({ plugin }: { plugin: Plugin }) {
  const { name, version, description, state, reason, message, remedy, lastLines, startTime } = plugin;
  return (
    <section class="card" aria-label={`Plugin ${name}`}>
      <div class="heading">
        <h2>{name}</h2>
        <Badge kind={kinds[state] ?? "canceled"}>{words(PluginState[state])}</Badge>
        <span class="note">{[version, description].filter(Boolean).join(", ")}</span>
      </div>
      {message && (
        <p>
          {message} {reason && <code>{reason}</code>}
        </p>
      )}
      {remedy && <p class="note">{remedy}</p>}
      <Facts
        facts={[
          ["Drivers", plugin.drivers.join(", ")],
          ["Folder", plugin.path],
          ["Address", plugin.address],
          ["Process", plugin.pid > 0 && plugin.pid],
          ["Started", startTime && dateTime(millis(startTime))],
          ["Restarts", plugin.restartCount > 0 && plugin.restartCount],
          ["Vendor", plugin.report?.vendor],
          ["License", plugin.license],
          ["Installed from", plugin.installation?.source],
        ]}
      />
      {lastLines.length > 0 && (
        <details open={state === PluginState.QUARANTINED || state === PluginState.BACKOFF}>
          <summary>Last lines</summary>
          <pre class="excerpt">{lastLines.join("\n")}</pre>
        </details>
      )}
    </section>
  );
}
