/** Switches for development: what a bad line does to a client. It is an entry of its own; no page loads it by chance. */

import { OPENERS } from "./connect.js";
import type { Hear, Link, Openers } from "./transports/transport.js";

export interface Faults {
  /** Loses the connection. */
  cut(): void;
  /** Nothing comes or goes for so long; then all of it does. */
  freeze(ms: number): void;
  /** Whatever comes or goes takes so much longer, from now on. */
  slow(ms: number): void;
  /** Each frame comes twice, from now on or no longer. */
  duplicate(isOn?: boolean): void;
}

/** The switches of a client. They hold for connections that it opens from now on: call it right after `connect`. */
export const faults = (client: object): Faults => {
  const openers = (client as { [OPENERS]?: Openers })[OPENERS];
  if (!openers) throw new Error("salon: this is no client");
  let lose = () => {};
  let frozenUntil = 0;
  let slow_ms = 0;
  let isTwice = false;

  /** Does it as late as the line has it, and in order. */
  const late = () => {
    let free = 0;
    return (run: () => void) => {
      const at = Math.max(Date.now() + slow_ms, frozenUntil, free);
      free = at;
      if (at > Date.now()) setTimeout(run, at - Date.now());
      else run();
    };
  };
  const kinds = Object.keys(openers) as (keyof Openers)[];
  for (const kind of kinds) {
    const open = openers[kind]!;
    openers[kind] = (target, hello, hear) => {
      const inwards = late();
      const outwards = late();
      const heard: Hear = {
        over: hear.over,
        lines: (text) =>
          inwards(() => {
            hear.lines(text);
            if (isTwice) hear.lines(text.split("\n").filter((line) => !/^\[(\]|-|"salon:(welcome|joined))/.test(line)).join("\n"));
          }),
      };
      const link: Link = open(target, hello, heard);
      lose = () => {
        link.cut();
        hear.over({ why: "network" });
      };
      return { ...link, send: (frame) => outwards(() => link.send(frame)) };
    };
  }
  return {
    cut: () => lose(),
    freeze: (ms) => (frozenUntil = Date.now() + ms),
    slow: (ms) => (slow_ms = ms),
    duplicate: (isOn = true) => (isTwice = isOn),
  };
};
