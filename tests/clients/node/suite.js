// Plays one official client against the `interop` fixture.
//
//   node suite.js CLIENT URL TRANSPORTS [msgpack]
//
// CLIENT is a folder of ../../reference/node_modules such as client-4.8; TRANSPORTS is `polling`,
// `websocket` or `polling,websocket`. Prints a line per check and a count; exits with 1 if any
// check failed.
"use strict";

const { checks } = require("./checks");
const { Clients } = require("./clients");

const CHECK_LIMIT = 15_000;

async function withinLimit(promise) {
  let timer;
  const limit = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${CHECK_LIMIT} ms`)), CHECK_LIMIT);
  });
  try {
    await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

async function main([client, url, transports, parser]) {
  if (!client || !url || !transports || (parser && parser !== "msgpack")) {
    console.error("usage: node suite.js CLIENT URL TRANSPORTS [msgpack]");
    process.exit(2);
  }
  let failed = 0;
  for (const [name, check] of Object.entries(checks)) {
    const clients = new Clients({ client, url, transports: transports.split(","), parser });
    try {
      await withinLimit(check(clients));
      console.log(`ok ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED ${name}: ${error.stack}`);
    } finally {
      clients.close();
    }
  }
  const count = Object.keys(checks).length;
  console.log(`${count - failed} of ${count} checks passed`);
  process.exit(failed === 0 ? 0 : 1);
}

main(process.argv.slice(2));
