/** The client in one file, as the server has it: a module for pages, and the script of the worker that tabs share. */

import { serve } from "./share/worker.js";
import { polling } from "./transports/polling.js";
import { sse } from "./transports/sse.js";
import { websocket } from "./transports/websocket.js";

export * from "./index.js";

if ("SharedWorkerGlobalScope" in globalThis) serve(globalThis as never, { websocket, sse, polling });
