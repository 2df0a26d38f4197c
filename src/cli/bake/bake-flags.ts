/** The flags of `bake`. */
export interface BakeFlags {
  allow?: string[];
  builder?: string;
  call?: string;
  check?: boolean;
  debug?: boolean;
  file?: string[];
  list?: string;
  listTargets?: boolean;
  listVariables?: boolean;
  load?: boolean;
  metadataFile?: string;
  noCache?: boolean;
  policy?: string[];
  print?: boolean;
  progress?: string;
  project?: string;
  provenance?: string;
  pull?: boolean;
  push?: boolean;
  sbom?: string;
  set?: string[];
  var?: string[];
}
