/**
 * Modules that are not bundled: native ones are loaded from node_modules, where ssh2 also looks for its own, and the
 * parser of HCL reads a file of WebAssembly there.
 */
export const externalModules = ["lmdb", "ssh2", "@cdktn/hcl2json"];
