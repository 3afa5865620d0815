/** The client: by WebSocket, or what gets through in its place. */

import { connectBy } from "./connect.js";
import { share } from "./share/tab.js";
import { polling } from "./transports/polling.js";
import { sse } from "./transports/sse.js";
import { websocket } from "./transports/websocket.js";
import type { Connect } from "./types.js";

export const connect: Connect = /* @__PURE__ */ connectBy({ websocket, sse, polling }, share);
export { Refusal } from "./refusal.js";
export type * from "./types.js";
