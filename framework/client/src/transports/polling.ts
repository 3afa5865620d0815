import { ask, endingOf, pause, posting } from "./posting.js";
import type { Opener, Welcome } from "./transport.js";

const NDJSON = "application/x-ndjson";
/** So often in a row a poll is repeated that did not come through. */
const MOST_FAILED = 3;

/** Requests that are held until there is something to be told, for whom a stream does not reach. */
export const polling: Opener = (target, hello, hear) => {
  const abort = new AbortController();
  const posts = posting(target, hear, abort);
  let secret = "";

  const read = async () => {
    let response: Response | undefined = await ask(target, NDJSON, abort.signal, { method: "POST", body: hello });
    let last = "0";
    let failed = 0;
    for (;;) {
      if (!response) {
        if (abort.signal.aborted || ++failed > MOST_FAILED) return hear.over({ why: "network" });
        await pause(failed);
      } else {
        // Of one that was open there is nothing more to be said than that it is not any more.
        if (!response.ok) return hear.over(secret ? { why: "server" } : await endingOf(response));
        // What breaks off in the middle comes again, since it is not acknowledged.
        const text = await response.text().catch(() => undefined);
        if (text !== undefined) {
          last = response.headers.get("Salon-Last") ?? last;
          failed = 0;
          hear.lines(text);
        }
      }
      if (abort.signal.aborted) return;
      const headers = { "Salon-Session": secret, "Salon-Ack": last };
      response = await ask(target, NDJSON, abort.signal, { headers }).catch(() => undefined);
    }
  };
  read().catch(() => hear.over({ why: "network" }));
  return {
    ...posts,
    welcomed(welcome: Welcome) {
      secret = welcome.secret!;
      posts.welcomed(welcome);
    },
  };
};
