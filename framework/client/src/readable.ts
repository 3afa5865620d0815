import type { Readable } from "./types.js";

/** Calls what is the app's: if it throws, that harms nothing of ours, and is told where uncaught errors are. */
export const safely = <A extends unknown[]>(run: (...args: A) => void, ...args: A) => {
  try {
    run(...args);
  } catch (error) {
    if ("reportError" in globalThis) reportError(error);
    else
      queueMicrotask(() => {
        throw error;
      });
  }
};

/** A value that others may watch. */
export const cell = <T>(value: T): Readable<T> & { set(next: T): void } => {
  const runs = new Set<(value: T) => void>();
  return {
    get: () => value,
    set(next) {
      if (next === value) return;
      value = next;
      for (const run of [...runs]) safely(run, next);
    },
    subscribe(run) {
      // One function may be there twice.
      const own = (value: T) => run(value);
      runs.add(own);
      safely(own, value);
      return () => void runs.delete(own);
    },
  };
};

/** Functions by the name of what they are to be called with. */
export const hub = () => {
  const runs = new Map<string, Set<(...args: any[]) => void>>();
  return {
    on(name: string, run: (...args: any[]) => void) {
      const own = (...args: unknown[]) => run(...args);
      const all = runs.get(name) ?? new Set();
      runs.set(name, all.add(own));
      return () => void all.delete(own);
    },
    fire(name: string, ...args: unknown[]) {
      for (const run of [...(runs.get(name) ?? [])]) safely(run, ...args);
    },
  };
};
