/**
 * A match: its board, its clock, its scores, and what the player does there.
 *
 * It never decides anything: it shows what the server says.
 */

import { Board } from "/board.js";
import { $, badge, element } from "/view.js";

export class Match {
  /** Which match is shown; none if the player has not been in one since coming to the lobby. */
  id = null;
  /** Whether it is still on, and the player in it. */
  isOn = false;

  #tell;
  #user;
  #seats = [];
  #tooFastUntil = 0;
  #board = new Board($("board"), (cell) => this.#claim(cell));

  /** `tell` sends an event, as in lobby.js; `user` says who the player is. */
  constructor(salon, tell, user) {
    this.#tell = tell;
    this.#user = user;
    salon.on("match:claimed", ({ cell, by }) => {
      this.#board.take(cell, by);
      this.#showScores();
    });
    salon.on("match:clock", ({ seconds }) => this.#showClock(seconds));
    salon.on("match:over", () => {
      this.isOn = false;
      this.#board.isOver = true;
      this.#showClock(0);
      this.#hint("");
    });
  }

  /** Comes to a match, or to it again: whether it is shown. */
  async enter(id) {
    [this.id, this.isOn] = [id, true];
    const shown = await this.#tell("match:join", { match: id });
    if (!shown || this.id !== id) return false;
    this.#board.show(shown, this.#user());
    this.#showClock(shown.seconds);
    this.#hint(this.#board.plays ? "Take free cells that touch yours: click, or arrow keys and space." : "You are watching.");
    return true;
  }

  /** The keyboard goes to the board, unless the player writes something. */
  focus() {
    if (this.#board.plays && document.activeElement !== $("say")) this.#board.focus();
  }

  /** The player has gone elsewhere. */
  forget() {
    [this.id, this.isOn] = [null, false];
  }

  /** Shows the match as far as there is one, to who is in a lobby with these seats. */
  show(isPlaying, seats) {
    this.#seats = seats;
    $("match").hidden = !this.id;
    $("clock").hidden = $("hint").hidden = !isPlaying;
    this.#showScores();
  }

  /** The server has given it up. */
  breakDown() {
    this.#hint("The match has broken down.", true);
  }

  isCalled(room) {
    return this.isOn && room === `match:${this.id}`;
  }

  async #claim(cell) {
    const said = (refusal) => {
      if (refusal?.code === "rate_limited") {
        this.#tooFastUntil = Date.now() + 1_000;
        this.#hint("Not so fast: six cells a second.", true);
      } else if (Date.now() > this.#tooFastUntil) {
        this.#hint(refusal?.message ?? "", Boolean(refusal));
      }
    };
    if (this.isOn) await this.#tell("match:claim", { match: this.id, cell }, said);
  }

  #hint(text, isRefusal = false) {
    $("hint").textContent = text;
    $("hint").classList.toggle("refusal", isRefusal);
  }

  #showClock(seconds) {
    $("clock").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    $("clock").classList.toggle("low", seconds > 0 && seconds <= 10);
  }

  #showScores() {
    $("scores").replaceChildren(...this.#board.scores().map(({ user, name, colour, cells }) => {
      const seat = this.#seats.find((seat) => seat.user === user);
      const gone = this.isOn && (!seat ? "gone" : seat.away && "away");
      const bar = element("span", "bar");
      bar.style.setProperty("--share", cells / this.#board.size);
      bar.dataset.colour = colour;
      const label = element("span", "name", user === this.#user() ? `${name} (you)` : name);
      const row = element("li", gone ? "away" : "", badge(colour), label, bar, element("b", "", `${cells}`));
      if (gone) label.append(element("span", "tag", gone));
      return row;
    }));
  }
}
