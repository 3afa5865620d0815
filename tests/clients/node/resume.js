// An official client that is a member of a room and is cut off again and again: what it hears has no gap,
// and nothing twice.
//
//   node resume.js CLIENT URL TRANSPORTS
//
// What it does to come back is what the guide says that a page does. It ends when "end" is said, with 1 if
// anything was wrong.
"use strict";

const { createRequire } = require("node:module");
const { join } = require("node:path");

const peers = createRequire(join(__dirname, "../../reference/package.json"));

const [client, url, transports] = process.argv.slice(2);
const { io } = peers(client);

const seen = {};
const socket = io(url, {
  transports: transports.split(","),
  reconnectionDelay: 5,
  reconnectionDelayMax: 20,
  auth: (send) => send({ salon: { after: seen } }),
});
socket.onAny((...args) => {
  const at = args.at(-1);
  if (at?.epoch) seen[at.room] = { epoch: at.epoch, seq: at.seq ?? at.after };
});

let heard = 0;
let connections = 0;
socket.on("connect", () => {
  connections += 1;
  socket.emit("chat:join", { room: "lounge", name: client });
});
socket.on("salon:joined", (joined) => {
  if (connections > 1 && joined.resumed !== true) fail(`it began anew: ${JSON.stringify(joined)}`);
});
socket.on("chat:said", ({ text }) => {
  if (text === "end") {
    console.log(`heard ${heard} over ${connections} connections`);
    process.exit(heard > 0 ? 0 : 1);
  }
  // What was said before it came is not for it.
  if (heard > 0 && Number(text) !== heard + 1) fail(`${text} came behind ${heard}`);
  heard = Number(text);
});

function fail(why) {
  console.error(why);
  process.exit(1);
}
