import "vitest";

/**
 * Any part of a T, at any depth. It has the names of T's properties, so that a test of a renamed field does not compile.
 * The values may be anything, such as matchers.
 */
type PartOf<T> = unknown extends T
  ? unknown
  : T extends readonly (infer E)[]
    ? readonly (PartOf<E> | undefined)[]
    : T extends PromiseLike<unknown> | Error | Uint8Array | ((...args: never[]) => unknown)
      ? unknown
      : T extends object
        ? string extends keyof T
          ? unknown
          : { [K in keyof T]?: PartOf<T[K]> }
        : T extends null | undefined
          ? T
          : unknown;

declare module "vitest" {
  interface Assertion<T> {
    toEqual(expected: PartOf<T> | undefined): void;
    toMatchObject(expected: PartOf<T> | undefined): void;
  }
}
