/**
 * A match: its board, its clock, its scores, and what the player does there.
 *
 * It never decides anything: it shows what the server says.
 */

import { Board } from "/board.js";
import { $, badge, element, trouble } from "/view.js";

export class Match {
  /** Which match is shown; none if the player has not been in one since coming to the lobby. */
  id = null;
  /** Whether it is still on, and the player in it. */
  isOn = false;

  #salon;
  #tell;
  #user;
  /** What the client keeps it by: whenever the connection was lost, it comes to the match again. */
  #room = null;
  #seats = [];
  #tooFastUntil = 0;
  #board = new Board($("board"), (cell) => this.#claim(cell));

  /** `tell` sends an event, as in lobby.js; `user` says who the player is. */
  constructor(salon, tell, user) {
    this.#salon = salon;
    this.#tell = tell;
    this.#user = user;
  }

  /** Comes to a match: whether it is shown. */
  async enter(id) {
    this.forget();
    [this.id, this.isOn] = [id, true];
    const isThis = () => this.id === id && this.isOn;
    try {
      const room = await this.#salon.join("match:join", { match: id });
      if (!isThis()) {
        room.leave();
        return false;
      }
      this.#room = room;
      this.#follow(room);
      return true;
    } catch (refusal) {
      if (isThis()) trouble(refusal);
      return false;
    }
  }

  #follow(room) {
    // At first, and whenever it had to be asked for again.
    room.snapshot.subscribe((board) => this.#show(board));
    room.on("match:claimed", ({ cell, by }) => {
      this.#board.take(cell, by);
      this.#showScores();
    });
    room.on("match:clock", ({ seconds }) => this.#showClock(seconds));
    room.on("match:over", () => {
      this.isOn = false;
      this.#board.isOver = true;
      this.#showClock(0);
      this.#hint("");
    });
    room.on("out", ({ code }) => {
      if (this.#room === room && code === "internal") this.#hint("The match has broken down.", true);
    });
  }

  #show(board) {
    this.#board.show(board, this.#user());
    this.#showClock(board.seconds);
    this.#hint(this.#board.plays ? "Take free cells that touch yours: click, or arrow keys and space." : "You are watching.");
    this.#showScores();
  }

  /** The keyboard goes to the board, unless the player writes something. */
  focus() {
    if (this.#board.plays && document.activeElement !== $("say")) this.#board.focus();
  }

  /** The player has gone elsewhere. */
  forget() {
    const room = this.#room;
    [this.id, this.isOn, this.#room] = [null, false, null];
    room?.leave();
  }

  /** Shows the match as far as there is one, to who is in a lobby with these seats. */
  show(isPlaying, seats) {
    this.#seats = seats;
    $("match").hidden = !this.id;
    $("clock").hidden = $("hint").hidden = !isPlaying;
    this.#showScores();
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
    if (this.isOn) await this.#tell(this.#room, "match:claim", { cell }, said);
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
