/** What the page is made of: its views, its elements, and its words. It knows no server. */

import { SYMBOLS } from "/board.js";

export const $ = (id) => document.getElementById(id);

/** A refusal in words for people; what is not listed here says it well itself. */
const WORDS = {
  rate_limited: "Not so fast: wait a second, then try again.",
  invalid_payload: "That does not fit: write a short text on one line.",
  not_a_member: "You are not in this lobby any more.",
};

export function trouble(refusal) {
  $("trouble").textContent = refusal ? (WORDS[refusal.code] ?? refusal.message) : "";
  $("trouble").hidden = !refusal;
}

/** Shows a view that the player has just come to, and takes the keyboard there. */
export function enter(view, focus) {
  if (!$(view).hidden) return;
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== view;
  $(focus).focus();
}

export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

export function button(label, className, action, description) {
  const made = element("button", className, label);
  made.type = "button";
  if (description) made.setAttribute("aria-label", description);
  made.onclick = action;
  return made;
}

export const badge = (colour) => {
  const made = element("span", "token-mark", SYMBOLS[colour]);
  made.dataset.colour = colour;
  made.ariaHidden = "true";
  return made;
};

/** Replaces what is in a list, without taking the keyboard from who is in it. */
export function fill(list, rows) {
  const focused = list.contains(document.activeElement) && document.activeElement.getAttribute("aria-label");
  list.replaceChildren(...rows);
  if (focused) list.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
}

export function log(className, ...content) {
  const list = $("log");
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(element("li", className, ...content));
  if (list.children.length > 200) list.firstChild.remove();
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

/** Calls `action` with what was typed, if it is something. */
export function onSubmit(form, field, action) {
  $(form).addEventListener("submit", (event) => {
    event.preventDefault();
    const text = $(field).value.trim();
    if (text) action(text);
  });
}
