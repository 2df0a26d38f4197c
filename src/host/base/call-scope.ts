import { AsyncLocalStorage } from "node:async_hooks";

/** The call that code runs for. */
interface CallScope {
  /** Empty once the call has ended: what it has begun may go on, and is then no part of it. */
  id?: string;
}

const scopes = new AsyncLocalStorage<CallScope>();

/** Id of the call that the running code belongs to. */
export function currentCall(): string | undefined {
  return scopes.getStore()?.id;
}

/** Runs the work of a call, and all that it awaits. Returns the function that ends the scope. */
export function runInCall(id: string, work: () => void): () => void {
  const scope: CallScope = { id };
  scopes.run(scope, work);
  return () => {
    delete scope.id;
  };
}
