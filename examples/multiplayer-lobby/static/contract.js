// generated: `cargo run --bin contract -- ts examples/multiplayer-lobby/static/contract.js --name Lobby --module /salon/client.js`; do not edit. Contract e33e7abe
/**
 * What the client needs at run time.
 * @type {import("/salon/client.js").Described<import("./contract.d.ts").Lobby>}
 */
export const lobby = {
  hash: "e33e7abe",
  keys: {
    "lobby:join": "lobby",
    "lobby:kick": "lobby",
    "lobby:leave": "lobby",
    "lobby:lock": "lobby",
    "lobby:ready": "lobby",
    "lobby:say": "lobby",
    "match:claim": "match",
    "match:join": "match",
  },
  positional: [],
};
