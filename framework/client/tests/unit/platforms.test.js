/** Where there is less than in a browser: importing and connecting must not break. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";

/** Runs a script in a process of its own, in which these globals are not there. */
const without = (globals, script) => {
  const code = `
    for (const name of ${JSON.stringify(globals)}) { Object.defineProperty(globalThis, name, { value: undefined, configurable: true }); delete globalThis[name]; }
    const { connect, Refusal } = await import("./dist/index.js");
    class Socket { constructor() { Socket.last = this; } send() {} close() {} }
    const later = () => new Promise((resolve) => setTimeout(resolve, 5));
    ${script}
    process.exit(0);`;
  return execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd: new URL("../..", import.meta.url), encoding: "utf8" }).trim();
};
const REACT_NATIVE = ["addEventListener", "document", "location", "navigator", "reportError", "SharedWorker", "crypto", "structuredClone"];

test("React Native: nothing to listen to, no document, no place", () => {
  const script = `
    const client = connect("wss://server/salon", { WebSocket: Socket });
    await later();
    Socket.last.onopen();
    Socket.last.onmessage({ data: '["salon:welcome",{"session":"s","heartbeat":{"every_ms":1,"within_ms":9999},"max_payload":1}]' });
    client.send("a", 1, { queue: "once" }).catch(() => {});
    console.log(client.state.get().at);
    client.close();`;
  assert.equal(without(REACT_NATIVE, script), "online");
});

test("Node 20: no WebSocket, so that it is a stream", () => {
  const script = `
    const client = connect("http://127.0.0.1:1/salon");
    await later();
    console.log(client.state.get().transport ?? client.state.get().why);`;
  assert.match(without(["WebSocket"], script), /^(sse|network)$/);
});

test("a relative URL where there is no page is said to be the matter", () => {
  assert.match(without([], `try { connect("/salon") } catch (error) { console.log(error.message) }`), /relative/);
});

test("no transport at all is said to be the matter", () => {
  assert.match(without(["fetch", "WebSocket"], `try { connect("ws://x/salon") } catch (error) { console.log(error.message) }`), /WebSocket/);
});

test("what is asked to be shared where there is no SharedWorker is not, and works", () => {
  const script = `
    const client = connect("wss://server/salon", { WebSocket: Socket, share: true });
    await later();
    console.log(client.state.get().at, Boolean(Socket.last));`;
  assert.equal(without(["SharedWorker"], script), "connecting true");
});

test("an error of the app's is uncaught, where there is no reportError", () => {
  const script = `
    process.on("uncaughtException", ({ message }) => console.log("uncaught", message));
    const client = connect("wss://server/salon", { WebSocket: Socket });
    client.state.subscribe(() => { throw new Error("mine") });
    await later();`;
  assert.match(without(["reportError"], script), /uncaught mine/);
});
