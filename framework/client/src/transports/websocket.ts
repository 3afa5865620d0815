import { Refusal } from "../refusal.js";
import type { Ending, Opener } from "./transport.js";

/** What a code says where no `salon:bye` came. */
const closed = (code: number): Ending => {
  const why = code === 1001 || code === 1012 ? "shutdown" : code >= 4000 ? "server" : "network";
  const isFinal = code >= 4400 && code < 4500 && ![4408, 4429, 4430].includes(code);
  if (!isFinal) return { why };
  const refusal = new Refusal({ code: "closed", message: `the server closed the connection: ${code}` });
  return { why, refusal, retry: code === 4401 ? "token" : "never" };
};

export const websocket: Opener = (target, hello, hear) => {
  const socket = new target.WebSocket(target.url.replace("http", "ws") + target.query, "salon.v1");
  socket.onopen = () => socket.send(hello);
  socket.onmessage = ({ data }) => hear.lines(data);
  socket.onclose = ({ code }) => hear.over(closed(code));
  return {
    beats: true,
    send: (frame) => socket.send(frame),
    end: () => socket.close(1000),
    // Any code but 1000 is no goodbye.
    cut: () => socket.close(4000),
  };
};
