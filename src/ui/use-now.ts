import { useEffect, useState } from "preact/hooks";
import { connection } from "./connection.js";

/** The host's time in milliseconds since 1970; while something runs, it goes on. */
export function useNow(isRunning: boolean): number {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => tick((count) => count + 1), 500);
    return () => clearInterval(timer);
  }, [isRunning]);
  return connection.now();
}
