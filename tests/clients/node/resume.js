// An official client that is a member of a room and is cut off again and again: what it hears has no gap,
// and nothing twice, but for what is to be acknowledged.
//
//   node resume.js CLIENT URL TRANSPORTS
//
// What it does to come back are the lines of the guide. It ends when "end" is said, with 1 if anything was wrong.
"use strict";

const { createRequire } = require("node:module");
const { join } = require("node:path");

const { block, run } = require("./guide.js");

const peers = createRequire(join(__dirname, "../../reference/package.json"));

const [client, url, transports] = process.argv.slice(2);
const { io } = peers(client);

const options = { transports: transports.split(","), reconnectionDelay: 5, reconnectionDelayMax: 20 };
const known = { io: (more) => io(url, { ...options, ...more }), token: "t", show: () => {} };
const { seen, socket } = run(block("what_arrives.md", "### socket.io-client, as it is"), known, "seen", "socket");

let heard = 0;
let connections = 0;
socket.on("connect", () => (connections += 1));
socket.on("salon:joined", (joined) => {
  if (connections > 1 && joined.resumed !== true) fail(`it began anew: ${JSON.stringify(joined)}`);
});
socket.on("chat:said", ({ text }) => {
  if (text === "end") {
    console.log(`heard ${heard} over ${connections} connections`);
    process.exit(heard > 0 ? 0 : 1);
  }
  hear(Number(text));
});
socket.on("chat:booked", ({ text }, at, done) => {
  if (seen[at.room].seq < at.seq) fail(`it has not noted ${JSON.stringify(at)}`);
  // One that comes again has a number that is known.
  if (Number(text) > heard) hear(Number(text));
  done();
});

function hear(number) {
  // What was said before it came is not for it.
  if (heard > 0 && number !== heard + 1) fail(`${number} came behind ${heard}`);
  heard = number;
}

function fail(why) {
  console.error(why);
  process.exit(1);
}
