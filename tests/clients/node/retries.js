// An official client that says numbers by `retries`, connected or not, and is cut off again and again: each is said
// once, and in order.
//
//   node retries.js CLIENT URL TRANSPORTS SECRET
//
// What it does are the lines of the guide. It ends with 1 if anything was wrong.
"use strict";

const { createHmac } = require("node:crypto");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { setTimeout: sleep } = require("node:timers/promises");

const { block, run } = require("./guide.js");

const peers = createRequire(join(__dirname, "../../reference/package.json"));

const [client, url, transports, secret] = process.argv.slice(2);
const { io } = peers(client);

const SAID = 400;
// So often it is cut off while it has something to say.
const CUTS = 8;

const options = { transports: transports.split(","), reconnectionDelay: 5, reconnectionDelayMax: 20 };
const seen = {};
let answered = 0;
const known = {
  io: (more) => io(url, { ...options, ...more }),
  token: token({ sub: "ada", exp: Math.floor(Date.now() / 1000) + 3600 }),
  seen,
  show: () => {},
  notSent: (text) => fail(`${text} was not sent`),
  refused: (code) => fail(`behind ${answered} came a refusal: ${code}`),
  said: () => (answered += 1),
};
const lines = block("once.md", "## With `retries` of the JavaScript client");
const { socket, say } = run(lines, known, "socket", "say");
// It is on the other page.
const noting = block("what_arrives.md", "### socket.io-client, as it is").match(/socket\.onAny[^]*?\n}\);/)[0];
run(noting, { socket, seen });

let heard = 0;
let cuts = 0;
socket.on("chat:said", ({ text }) => {
  if (Number(text) !== heard + 1) fail(`${text} came behind ${heard}`);
  heard = Number(text);
});
socket.on("disconnect", () => (cuts += 1));

function token(claims) {
  const [head, body] = [{ alg: "HS256", typ: "JWT" }, claims].map((part) => encode(JSON.stringify(part)));
  return `${head}.${body}.${encode(createHmac("sha256", secret).update(`${head}.${body}`).digest())}`;
}

function encode(bytes) {
  return Buffer.from(bytes).toString("base64url");
}

function fail(why) {
  console.error(why);
  process.exit(1);
}

(async () => {
  // Some at once, and then a while nothing: what is said while it is away is more than may wait at the server.
  for (let number = 1; answered < SAID || cuts < CUTS; ) {
    for (let some = 0; some < 50 && number - answered < 100; some += 1) say(String(number++));
    await sleep(20);
  }
  while (heard < answered) await sleep(20);
  console.log(`said ${answered} over ${cuts} cuts`);
  process.exit(0);
})();
