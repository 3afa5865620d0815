import { Refusal, type Refused, type Retry } from "./refusal.js";
import type { Ending, Link, Opener, Target, Welcome } from "./transports/transport.js";

/** What is told of one connection. */
export interface Dialled {
  welcome(welcome: Welcome): void;
  frame(frame: unknown[]): void;
  /** How long the server took for a heartbeat. */
  rtt(ms: number): void;
  over(ending: Ending): void;
}

/** One connection: until its welcome, and then for as long as the server gives signs of life. */
export interface Call {
  send(frame: unknown[]): void;
  /** The page woke up: is the server still there? */
  check(): void;
  end(): void;
  cut(): void;
}

/** Opens one connection. After `over`, `end` or `cut` nothing more is told of it. */
export const dial = (open: Opener, target: Target, hello: string, patience_ms: number, on: Dialled): Call => {
  let link: Link | undefined;
  let isOver = false;
  let isWelcome = false;
  let heardAt = Date.now();
  let probedAt = 0;
  let timer: ReturnType<typeof setTimeout>;

  const stop = (how: "end" | "cut") => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    link?.[how]();
  };
  const over = (ending: Ending) => {
    if (isOver) return;
    stop("cut");
    on.over(ending);
  };
  const left = () => heardAt + patience_ms - Date.now();
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (left() > 0 ? watch() : over({ why: "silence" })), left());
  };
  const probe = () => {
    if (!link!.beats) return;
    probedAt = Date.now();
    link!.send("[]");
  };

  const take = (frame: unknown[]) => {
    const [name, data] = frame;
    if (name === undefined) {
      if (probedAt) on.rtt(Date.now() - probedAt);
      else if (link!.beats) link!.send("[]");
      probedAt = 0;
    } else if (name === "salon:welcome") {
      const welcome = data as Welcome;
      isWelcome = true;
      patience_ms = welcome.heartbeat.every_ms + welcome.heartbeat.within_ms;
      heardAt = Date.now();
      watch();
      link!.welcomed?.(welcome);
      on.welcome(welcome);
      if (!isOver) probe();
    } else if (name === "salon:bye") {
      const { code, retry } = data as { code: string; retry: Retry };
      over({ why: code === "shutting_down" ? "shutdown" : "server", refusal: new Refusal({ code }, retry), retry });
    } else if (isWelcome) {
      on.frame(frame);
    } else if (name === "salon:refused") {
      over({ why: "server", refusal: new Refusal((data as { error: Refused }).error) });
    }
  };

  watch();
  try {
    link = open(target, hello, {
      over,
      lines(text) {
        if (isWelcome) heardAt = Date.now();
        for (const line of text.split("\n")) {
          if (isOver || !line) continue;
          let frame;
          try {
            frame = JSON.parse(line);
          } catch {
            return over({ why: "server" });
          }
          take(frame);
        }
      },
    });
  } catch {
    // A page's policy may forbid it. Whoever dialled has to have the call first.
    queueMicrotask(() => over({ why: "network" }));
  }

  return {
    send: (frame) => link!.send(JSON.stringify(frame)),
    check() {
      if (!isWelcome || isOver) return;
      if (left() <= 0) return over({ why: "frozen", retry: { after_ms: 0 } });
      if (probedAt) return;
      probe();
      const asked = probedAt;
      if (asked) setTimeout(() => heardAt < asked && over({ why: "frozen", retry: { after_ms: 0 } }), 4_000);
    },
    end: () => stop("end"),
    cut: () => stop("cut"),
  };
};
