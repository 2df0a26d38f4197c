import type { ReasonTable } from "./reason-info.js";

/** Reasons of the command line and the conformance kit. They end a command and never reach the API. */
export const commandLineReasons = {
  ADDRESS_INVALID: { codes: [], meaning: "`history trace --addr` is no address of 127.0.0.1" },
  ATTACHMENT_MISSING: { codes: [], meaning: "a command on attachments names none" },
  ATTRIBUTES_INVALID: { codes: [], meaning: "a flag's value is not a list of `key=value` pairs" },
  CACHE_CREDENTIALS_MISSING: {
    codes: [],
    meaning: "cache type `gha` outside of a GitHub Actions job",
  },
  BAKE_FILE_UNSUPPORTED: { codes: [], meaning: "a file `.env` cannot be read" },
  CACHE_TYPE_MISSING: { codes: [], meaning: "a cache flag has no type" },
  CALL_INVALID: { codes: [], meaning: "`--call` has an unknown value" },
  CHECK_UNKNOWN: { codes: [], meaning: "the conformance kit has no such check" },
  COMMAND_MISSING: { codes: [], meaning: "a conformance kit was given no program" },
  CONFIG_INVALID: { codes: [], meaning: "the conformance kit's configuration cannot be read" },
  CONTEXT_INVALID: { codes: [], meaning: "the argument for the context cannot be used" },
  DAEMON_CONFIG_INVALID: {
    codes: [],
    meaning: "the BuildKit configuration or a file it names cannot be read",
  },
  DESKTOP_MISSING: {
    codes: [],
    meaning: "`history open` or `import` where Docker Desktop is not, or without a program for its address",
  },
  DOCKER_PLUGIN_CHANGED: { codes: [], meaning: "docker's plugin was changed after it was linked" },
  DOCKER_PLUGIN_UNUSABLE: { codes: [], meaning: "docker's plugins or configuration cannot be changed" },
  DRIVER_OPT_INVALID: { codes: [], meaning: "`--driver-opt` cannot be parsed" },
  FLAGS_CONFLICT: { codes: [], meaning: "two flags exclude each other" },
  FORMAT_UNKNOWN: { codes: [], meaning: "`--format` has an unknown value, or a template that is wrong" },
  HOST_INVALID: { codes: [], meaning: "`--add-host` cannot be parsed" },
  INVOKE_INVALID: { codes: [], meaning: "`debug --invoke` or `--on` cannot be parsed" },
  KEY_MISSING: { codes: [], meaning: "a `key=value` pair has no key" },
  LIST_INVALID: { codes: [], meaning: "`bake --list` has an unknown value" },
  OUTPUT_INVALID: { codes: [], meaning: "`--output` cannot be used" },
  PRIVILEGES_REQUIRED: {
    codes: [],
    meaning:
      "a bake definition asks for more than `--allow` grants: files outside of the folder, or entitlements",
  },
  PROGRESS_INVALID: { codes: [], meaning: "`--progress` has an unknown value" },
  RECORDS_INVALID: {
    codes: [],
    meaning: "an archive for `history import` cannot be read, or Docker Desktop does not take it",
  },
  REPORT_UNWRITABLE: { codes: [], meaning: "the conformance report cannot be written" },
  REPOSITORY_UNKNOWN: { codes: [], meaning: "`history ls --local` outside of a repository with a remote" },
  RESOURCE_INVALID: { codes: [], meaning: "`--resource` cannot be parsed" },
  SECRET_UNREADABLE: { codes: [], meaning: "the file or variable of a secret cannot be read" },
  SERVE_FLAGS_INVALID: { codes: [], meaning: "the flags of `serve` cannot be used" },
  SHELL_UNKNOWN: { codes: [], meaning: "there is no completion for the shell" },
  TOKEN_FLAGS_INVALID: { codes: [], meaning: "the flags of `tokens create` cannot be used" },
  VARIABLE_INVALID: { codes: [], meaning: "`bake --var` cannot be parsed" },
  TOKEN_UNKNOWN: { codes: [], meaning: "the access file has no token with that name" },
} satisfies ReasonTable;
