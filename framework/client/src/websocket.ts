/** The client with WebSocket alone: the smallest. */

import { connectBy } from "./connect.js";
import { websocket } from "./transports/websocket.js";
import type { Connect } from "./types.js";

export const connect: Connect = /* @__PURE__ */ connectBy({ websocket });
export { Refusal } from "./refusal.js";
export type * from "./types.js";
