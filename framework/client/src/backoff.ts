import type { Options } from "./types.js";

/**
 * How long to wait once so many attempts have failed. Chance takes all of the time (full jitter), so that clients
 * that were cut off together do not come back together.
 */
export const backoff = ({ first_ms = 500, most_ms = 30_000, attempts = 12 }: Options["backoff"] = {}) => (failed: number) => {
  const isDegraded = failed >= attempts;
  const delay_ms = isDegraded
    ? most_ms * (0.75 + Math.random() / 2)
    : Math.random() * Math.min(most_ms, first_ms * 2 ** (failed - 1));
  return { isDegraded, delay_ms };
};
