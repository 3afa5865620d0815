/**
 * Who the player is: a guest of this tab, with a token that runs out.
 *
 * The last token is kept for as long as the tab is: also one that has run out proves to the server,
 * for an hour, that the next one is for the same player.
 */

const kept = sessionStorage;

export class Guest {
  /** Whether the token is left to run out, to see what happens then. */
  letsLapse = false;
  /** How many milliseconds a new token is good for. */
  life = Infinity;
  /** When the token runs out, by this page's clock. */
  #until = 0;
  /** With which the client has come last. */
  #presented = null;
  #isAsked = false;

  get name() {
    return kept.getItem("name");
  }

  /** Who it is, to the server and to the others. */
  get user() {
    const [, claims] = (kept.getItem("token") ?? "").split(".");
    return claims && JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/"))).sub;
  }

  get millisecondsLeft() {
    return Math.max(0, this.#until - Date.now());
  }

  /** Fetches a token: the first one, or the next one of the same player. Rejects with words. */
  async signIn(name = this.name) {
    const body = JSON.stringify({ name, token: kept.getItem("token") });
    const headers = { "content-type": "application/json" };
    const response = await fetch("/sign-in", { method: "POST", headers, body }).catch(() => {
      throw new Error("The server cannot be reached. Try again in a moment.");
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.message);
    kept.setItem("name", name);
    kept.setItem("token", answer.token);
    this.life = answer.expires_in_ms;
    this.#until = Date.now() + this.life;
    return answer.token;
  }

  /**
   * What to connect with: a token that is good; nothing if there is none and it is left to lapse. As the
   * client asks for it.
   */
  async auth(why) {
    const isAsked = this.#isAsked;
    this.#isAsked = false;
    // The server has taken none of the old ones since it was started anew, whatever this page's clock says.
    if (why === "rejected" && this.#presented === kept.getItem("token")) this.distrust();
    const isGood = this.millisecondsLeft > 0 && why !== "expired";
    if (!isGood && this.letsLapse && !isAsked) return null;
    this.#presented = isGood ? kept.getItem("token") : await this.signIn();
    return { token: this.#presented };
  }

  /** The next token is asked for by the player, who may let this one lapse all the same. */
  asks() {
    this.#isAsked = true;
  }

  /** The server does not take the token. */
  distrust() {
    this.#until = 0;
  }

  /** Becomes nobody. */
  forget() {
    kept.clear();
    this.#until = 0;
  }
}
