/** A client as an app has it, in front of a connection that may be in another thread. */

import type { Api, Attach, Host } from "./host.js";
import { cell, hub, safely } from "./readable.js";
import { refusal } from "./refusal.js";
import { view, type View } from "./room.js";
import type { Contract, Described, Options, Send, State } from "./types.js";
import { listen } from "./wake.js";

export const client = (attach: Attach, options: Options, contract: Described<Contract> | undefined) => {
  const state = cell<State>({ at: "idle" });
  const handlers = hub();
  const answers = new Map<string, (data: unknown) => unknown>();
  const rooms = new Map<string, Set<View>>();
  const views = (name: string | undefined) => [...(rooms.get(name!) ?? [])];
  let deafen = () => {};

  const host: Host = {
    tell(what: string, first: any, second?: any, third?: any) {
      if (what === "state") state.set(first);
      else if (what === "event") {
        for (const { event } of views(third?.room)) event(first, second, third);
        handlers.fire(first, second, third);
      } else {
        const all = views(first);
        if (second === "out") rooms.delete(first);
        for (const { tell } of all) tell(second, third);
      }
    },
    async ask(name, data) {
      const answer = answers.get(name);
      if (!answer) throw refusal("unknown_event", "nothing here answers that");
      return answer(data);
    },
  };
  const api: Api = attach(host);

  const open = () => {
    deafen();
    deafen = listen(options.wake, api);
    api.open();
  };
  if (options.open !== false) open();

  return {
    state,
    send: (name: string, data?: unknown, options?: Send) => api.call(name, data, options),
    on: (name: string, run: (...args: any[]) => void) => handlers.on(name, run),
    answer(name: string, run: (data: unknown) => unknown) {
      answers.set(name, run);
      return () => void (answers.get(name) === run && answers.delete(name));
    },
    async join(event: string, data?: any, options?: Send) {
      const joined = await api.join(event, data, options);
      const { room: name } = joined;
      const field = contract?.keys[event];
      const withKey = (other: string, content: any) => {
        const key = contract?.keys[other];
        return key && field ? { ...content, [key]: data[field] } : content;
      };
      const own: View = view(api, joined, withKey, () => {
        const all = rooms.get(name);
        all?.delete(own);
        if (all?.size) return;
        rooms.delete(name);
        api.leave(name);
      });
      rooms.set(name, (rooms.get(name) ?? new Set()).add(own));
      return own.room;
    },
    refresh: () => api.refresh(),
    open,
    close() {
      deafen();
      api.close();
      const all = [...rooms.values()].flatMap((views) => [...views]);
      rooms.clear();
      for (const { tell } of all) safely(tell, "out", refusal("disconnected", "the client was closed"));
    },
  };
};
