/** What a refusal advises: nothing; a newer identity; to try again later and later; or in so many milliseconds. */
export type Retry = "never" | "token" | "backoff" | { after_ms: number };

/** The codes that Salon and this client have of their own; an app adds others. */
export type BuiltIn =
  | "unauthorized" | "forbidden" | "lapsed" | "revoked" | "not_a_member" | "rate_limited" | "limit_exceeded"
  | "invalid_payload" | "unknown_event" | "not_found" | "closed" | "timeout" | "disconnected" | "internal" | "gone"
  | "cancelled" | "key_reused";

/** A refusal as frames have it. */
export interface Refused {
  code: string;
  message?: string | undefined;
  data?: unknown;
}

const LATER =
  /^(internal|timeout|disconnected|closed|rate_limited|limit_exceeded|shutting_down|server_full|too_many|overflow|connect_timeout)$/;

/** Why something was not done: a stable `code`, a message for people, and data. */
export class Refusal<Code extends string = string> extends Error {
  readonly code: Code | BuiltIn;
  readonly data?: unknown;
  /** What may be done about it. */
  readonly retry: Retry;

  constructor({ code, message, data }: Refused, retry?: Retry) {
    super(message ?? code);
    this.name = "Refusal";
    this.code = code as Code;
    this.data = data;
    const after_ms = (data as { retry_after_ms?: number } | undefined)?.retry_after_ms;
    this.retry =
      retry ??
      (after_ms !== undefined ? { after_ms } : /^(unauthorized|lapsed)$/.test(code) ? "token" : LATER.test(code) ? "backoff" : "never");
  }
}

/** A refusal of the client's own. */
export const refusal = (code: BuiltIn, message: string) => new Refusal({ code, message });
