export const lobby = {
  hash: "00000000",
  keys: { "lobby:join": "lobby", "lobby:kick": "lobby", "lobby:leave": "lobby", "lobby:lock": "lobby", "lobby:ready": "lobby", "lobby:say": "lobby", "match:claim": "match", "match:join": "match" },
};
