/** The hall: the list of lobbies, which the server keeps up to date, and its filter. */

import { $, button, element, fill, onSubmit } from "/view.js";

/** How long the player has to stop typing before the server is asked. */
const PAUSE = 250;

export class Hall {
  #salon;
  #tell;
  #join;
  /** What the list says, by code. */
  #lobbies = new Map();
  #typing = null;

  /** `tell` sends an event, `join` brings the player to a lobby: as in lobby.js. */
  constructor(salon, tell, join) {
    this.#salon = salon;
    this.#tell = tell;
    this.#join = join;
    salon.on("hall:lobbies", ({ removed, listed }) => {
      for (const code of removed) this.#lobbies.delete(code);
      for (const line of listed) this.#lobbies.set(line.lobby, line);
      this.#show();
    });
    onSubmit("filter-form", "filter", () => this.watch());
    $("open-only").onchange = () => this.watch();
    $("filter").oninput = () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.watch(), PAUSE);
    };
  }

  /** Looks at the lobbies that the filter lets through, from now on. */
  async watch() {
    clearTimeout(this.#typing);
    const filter = { open: $("open-only").checked, text: $("filter").value };
    // What comes before the answer is about the filter before.
    if (await this.#tell(this.#salon, "hall:watch", filter)) this.#lobbies.clear();
  }

  #show() {
    fill($("lobbies"), [...this.#lobbies.values()].map((line) => this.#row(line)));
    const isFiltered = $("filter").value || $("open-only").checked;
    const none = isFiltered ? "No lobby matches." : "No lobby is open yet. Open the first one.";
    const { size } = this.#lobbies;
    $("lobby-count").textContent = size === 1 ? "1 lobby" : size ? `${size} lobbies` : none;
  }

  #row({ lobby, name, host, taken, free, locked, playing }) {
    const isOpen = free > 0 && !locked;
    const state = [`${taken} of ${taken + free}`, playing && "playing", locked && "locked"].filter(Boolean).join(" · ");
    const about = element("span", "name", element("b", "", name), element("span", "muted", host ? `hosted by ${host}` : "nobody is there"));
    const go = (label, look, role) => button(label, `small ${look}`, () => this.#join(lobby, role), `${label} ${name}`);
    const row = element("li", "", about, element("span", "state", state), go("Watch", isOpen ? "plain" : "quiet", "spectator"));
    if (isOpen) row.append(go("Join", "", "player"));
    return row;
  }
}
