import type { Api } from "./host.js";
import type { Options } from "./types.js";

/** Tells a connection that the page wakes up, or is put away, until what it returned is called. */
export const listen = (wake: Options["wake"] = true, api: Pick<Api, "wake" | "sleep">) => {
  const target = wake === true ? globalThis : wake;
  // React Native has a global object that nothing can be listened to on.
  if (!target || !target.addEventListener) return () => {};
  const abort = new AbortController();
  const on = (name: string, run: (event: Event) => void) =>
    // Some of these are told to the document alone, and pass by here first.
    target.addEventListener(name, run, { capture: true, signal: abort.signal });
  const awake = ({ type }: Event) => (type !== "visibilitychange" || globalThis.document?.visibilityState !== "hidden") && api.wake();
  for (const name of ["online", "pageshow", "visibilitychange", "resume"]) on(name, awake);
  on("pagehide", (event) => api.sleep((event as PageTransitionEvent).persisted));
  return () => abort.abort();
};
