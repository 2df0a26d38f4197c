import manifest from "../../package.json" with { type: "json" };

/** Version of Slipway. */
export const version: string = manifest.version;
