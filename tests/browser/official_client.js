/** The official Socket.IO client plays the lobby example too, by polling and upgrade: URL. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";

const reference = createRequire(new URL("../reference/package.json", import.meta.url));
const { io } = reference("client-4.8");
const [url] = process.argv.slice(2);
const lobby = "Amber";

async function player(name) {
  const socket = io(url, { auth: { name }, forceNew: true });
  await once(socket, "connect");
  assert.equal(await socket.timeout(5_000).emitWithAck("lobby:join", { lobby }), undefined);
  return socket;
}

const nobody = io(url, { auth: { name: " " }, forceNew: true });
const [refusal] = await once(nobody, "connect_error");
assert.equal(refusal.message, "Say who you are: a name of 1 to 24 characters.");
assert.deepEqual(refusal.data, { code: "unauthorized" });
nobody.disconnect();

const ada = await player("Ada");
const bo = await player("Bo");

const said = once(ada, "lobby:said");
bo.emit("lobby:say", { lobby, text: "Hello" });
assert.deepEqual((await said)[0], { id: bo.id, name: "Bo", text: "Hello" });

const { error } = await bo.timeout(5_000).emitWithAck("lobby:say", { lobby, text: "" });
assert.equal(error.code, "invalid_payload");

const begun = new Promise((resolve) => {
  bo.on("lobby:countdown", ({ seconds }) => seconds === 0 && resolve());
});
ada.emit("lobby:ready", { lobby, ready: true });
bo.emit("lobby:ready", { lobby, ready: true });
await begun;

const news = once(bo, "lobby:news");
ada.disconnect();
assert.deepEqual(await news, [{ text: "Ada left." }]);
bo.disconnect();
