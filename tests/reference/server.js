// The reference server: plays one fixture of the conformance page on npm socket.io or engine.io.
//
//   node server.js FIXTURE --port N [--parser msgpack] [--workers N]
//
// Prints `listening on PORT` once ready and ends on SIGTERM. It is the oracle of the differential
// suite, so it must stay a thin layer over the packages: no answer is made here that they would not
// make themselves.
"use strict";

const { createServer } = require("node:http");
const { parseArgs } = require("node:util");

const FIXTURES = ["engine", "socket", "client", "engine-client", "interop", "load", "differential"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: "string", default: "0" },
    parser: { type: "string", default: "json" },
    workers: { type: "string", default: "1" },
  },
});
const [fixture] = positionals;

if (!FIXTURES.includes(fixture)) {
  console.error(`unknown fixture ${fixture}; there are: ${FIXTURES.join(", ")}`);
  process.exit(2);
}

const options = {};
if (values.parser === "msgpack") {
  options.parser = require("socket.io-msgpack-parser");
} else if (values.parser !== "json") {
  console.error(`unknown parser ${values.parser}; there are: json, msgpack`);
  process.exit(2);
}

const http = createServer((_request, response) => response.writeHead(404).end());
require(`./fixtures/${fixture}`).attach(http, options);

http.listen(Number(values.port), "127.0.0.1", () => {
  console.log(`listening on ${http.address().port}`);
});
process.on("SIGTERM", () => process.exit(0));
