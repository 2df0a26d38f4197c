/** Flags of both kits. */
export interface ConformanceFlags {
  json?: boolean;
  junit?: string;
  list?: boolean;
  only?: string[];
}

/** Flags of `slipway conformance driver`. */
export interface DriverFlags extends ConformanceFlags {
  attach?: string;
  config?: string;
  driver?: string;
}
