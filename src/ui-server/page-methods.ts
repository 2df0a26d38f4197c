/** What the page may call through a loopback port, as service and method: the caller there is the user of the host. */
export const pageMethods: ReadonlySet<string> = new Set([
  "slipway.v1.HostService/Negotiate",
  "slipway.v1.BuildService/ListBuilds",
  "slipway.v1.BuildService/GetBuild",
  "slipway.v1.BuildService/WatchBuild",
  "slipway.v1.BuildService/StartBuild",
  "slipway.v1.BuildService/CancelBuild",
  "slipway.v1.DebugService/ContinueBuild",
  "slipway.v1.BuilderService/ListBuilders",
  "slipway.v1.BuilderService/CreateBuilder",
  "slipway.v1.BuilderService/GetDiskUsage",
  "slipway.v1.BuilderService/PruneBuilder",
  "slipway.v1.HistoryService/ListHistory",
  "slipway.v1.HistoryService/GetHistoryRecord",
  "slipway.v1.HistoryService/WatchHistoryLogs",
  "slipway.v1.PluginService/ListDrivers",
  "slipway.v1.PluginService/ListPlugins",
]);
