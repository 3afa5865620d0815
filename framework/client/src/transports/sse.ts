import { ask, endingOf, posting } from "./posting.js";
import type { Opener } from "./transport.js";

/** A stream of events, read by `fetch`: unlike an EventSource it can say who it is, and sees why it is refused. */
export const sse: Opener = (target, hello, hear) => {
  const abort = new AbortController();
  const read = async () => {
    const response = await ask(target, "text/event-stream", abort.signal, { method: "POST", body: hello });
    if (!response.ok) return hear.over(await endingOf(response));
    // Some platforms give a body once all of it has come.
    if (!response.body) return hear.over({ why: "silence" });
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return hear.over({ why: "network" });
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop()!;
      hear.lines(
        lines
          .filter((line) => line.startsWith("data:"))
          .map((line) => line.slice(5))
          .join("\n"),
      );
    }
  };
  read().catch(() => hear.over({ why: "network" }));
  return posting(target, hear, abort);
};
