/**
 * The board of a match: cells to click, or to walk over with the arrow keys and to take with space.
 *
 * It never decides whose a cell is: the server says so.
 */

/** So that nobody has to tell players apart by colour alone. */
export const SYMBOLS = ["●", "▲", "■", "◆", "★", "✚", "♥", "▼"];

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Board {
  #element;
  #claim;
  #cells = [];
  #width = 1;
  #owners = [];
  #players = [];
  /** Which of the players this page is; -1 if it watches. */
  #self = -1;

  /** `claim` is called with the index of a cell that the player wants. */
  constructor(element, claim) {
    this.#element = element;
    this.#claim = claim;
    element.addEventListener("click", ({ target }) => this.#wants(target));
    element.addEventListener("keydown", (event) => this.#walk(event));
  }

  /** Shows a board as the server describes it, to `user`. */
  show({ width, cells, players }, user) {
    this.#width = width;
    this.#players = players;
    this.#self = players.findIndex((player) => player.user === user);
    this.#owners = cells;
    this.#cells = cells.map((_, index) => {
      const cell = document.createElement("button");
      cell.type = "button";
      cell.className = "cell";
      cell.dataset.cell = index;
      cell.tabIndex = -1;
      return cell;
    });
    this.#element.style.setProperty("--columns", width);
    this.#element.replaceChildren(...this.#cells);
    this.#cells.forEach((_, index) => this.#paint(index));
    const start = Math.max(0, cells.indexOf(this.#self));
    if (this.#cells[start]) this.#cells[start].tabIndex = 0;
    this.isOver = false;
  }

  /** The player takes part, and not only watches. */
  get plays() {
    return this.#self >= 0;
  }

  set isOver(isOver) {
    this.#element.classList.toggle("over", isOver);
  }

  /** The keyboard goes to where the player is. */
  focus() {
    this.#cells.find((cell) => cell.tabIndex === 0)?.focus();
  }

  /** A cell has become somebody's. */
  take(cell, by) {
    this.#owners[cell] = by;
    this.#cells[cell].classList.add("new");
    for (const index of [cell, ...this.#around(cell)]) this.#paint(index);
  }

  /** How many cells each player has, the most first. */
  scores() {
    const count = (by) => this.#owners.filter((owner) => owner === by).length;
    return this.#players.map((player, by) => ({ ...player, cells: count(by) })).sort((a, b) => b.cells - a.cells);
  }

  get size() {
    return this.#owners.length;
  }

  /** The player wants a cell; it shows that until the answer has come. */
  async #wants(target) {
    const cell = Number(target.dataset.cell);
    if (!target.dataset.cell || !this.plays) return;
    this.#reach(cell);
    target.classList.add("wanted");
    await this.#claim(cell);
    target.classList.remove("wanted");
  }

  #walk(event) {
    const step = STEPS[event.key];
    const from = Number(event.target.dataset.cell);
    if (!step || Number.isNaN(from)) return;
    event.preventDefault();
    const [column, row] = [(from % this.#width) + step[0], Math.floor(from / this.#width) + step[1]];
    const to = row * this.#width + column;
    if (column >= 0 && column < this.#width && this.#cells[to]) this.#reach(to);
  }

  /** One cell alone is reached with the tab key, the others from there. */
  #reach(cell) {
    for (const other of this.#cells) other.tabIndex = -1;
    this.#cells[cell].tabIndex = 0;
    this.#cells[cell].focus();
  }

  #around(cell) {
    const column = cell % this.#width;
    const around = [cell - this.#width, cell + this.#width];
    if (column > 0) around.push(cell - 1);
    if (column + 1 < this.#width) around.push(cell + 1);
    return around.filter((index) => index >= 0 && index < this.#owners.length);
  }

  #paint(index) {
    const [cell, owner] = [this.#cells[index], this.#owners[index]];
    const player = this.#players[owner];
    const isNear = !player && this.plays && this.#around(index).some((other) => this.#owners[other] === this.#self);
    if (player) cell.dataset.colour = player.colour;
    cell.textContent = player ? SYMBOLS[player.colour] : "";
    cell.classList.toggle("near", isNear);
    cell.classList.toggle("mine", owner === this.#self);
    const place = `Row ${Math.floor(index / this.#width) + 1}, column ${(index % this.#width) + 1}`;
    const whose = owner === this.#self ? "yours" : player?.name;
    cell.setAttribute("aria-label", `${place}: ${whose ?? (isNear ? "free, next to yours" : "free")}`);
  }
}
