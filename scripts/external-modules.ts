/** Modules that are not bundled: native ones are loaded from node_modules, where ssh2 also looks for its own. */
export const externalModules = ["lmdb", "ssh2"];
