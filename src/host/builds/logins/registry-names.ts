import { registryKey } from "../../../config/registry-host.js";
import { parseReference } from "../../../image/reference.js";

/** Collects the registries of image references. */
export class RegistryNames {
  readonly #keys = new Set<string>();
  #isComplete = true;

  /** Adds a registry in any form that {@link registryKey} accepts. */
  addRegistry(host: string): void {
    this.#keys.add(registryKey(host));
  }

  /** Adds the registry of an image; when an expression that is not known hides it, every registry may be meant. */
  addImage(reference: string): void {
    // An expression after the registry changes nothing.
    const registry = /^[^$/]+\/(?=.*\$)/.exec(reference)?.[0];
    if (reference.includes("$") && !registry) {
      this.addUnknown();
      return;
    }
    const parsed = parseReference(registry ? `${registry}any` : reference);
    if (parsed) this.addRegistry(parsed.domain);
  }

  /** Adds registries that cannot be known. */
  addUnknown(): void {
    this.#isComplete = false;
  }

  /** Whether a registry was added, or may be one of those that cannot be known. */
  has(host: string): boolean {
    return !this.#isComplete || this.#keys.has(registryKey(host));
  }
}
