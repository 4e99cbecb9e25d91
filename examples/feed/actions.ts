/** The buttons for the film on the screen. They outlive the films, so that the focus stays where it is. */
import { element } from "./element.ts";
import { icon, type IconName } from "./icons.ts";

export interface Actions {
  /** What can be pressed just now. */
  draw(state: { readonly hasFilm: boolean; readonly canUndo: boolean }): void;
}

type Name = "like" | "skip" | "hide" | "undo" | "why";

const BUTTONS: readonly { readonly name: Name; readonly words: string; readonly key: string; readonly look: string }[] =
  [
    { name: "undo", words: "Undo", key: "U", look: "ghost" },
    { name: "hide", words: "Hide", key: "H", look: "ghost" },
    { name: "skip", words: "Skip", key: "S", look: "plain" },
    { name: "like", words: "Like", key: "L", look: "primary" },
    { name: "why", words: "Why?", key: "W", look: "ghost" },
  ];

export function createActions(root: HTMLElement, act: Readonly<Record<Name, () => void>>): Actions {
  const buttons = new Map(
    BUTTONS.map(({ name, words, key, look }) => [name, button(name, words, key, look, act[name])] as const),
  );
  root.replaceChildren(...buttons.values());
  return {
    draw({ hasFilm, canUndo }) {
      for (const [name, each] of buttons) each.disabled = name === "undo" ? !canUndo : !hasFilm;
    },
  };
}

function button(name: IconName, words: string, key: string, look: string, onClick: () => void): HTMLButtonElement {
  const attributes = { type: "button", "data-action": name, "aria-keyshortcuts": key, title: `${words} (${key})` };
  return element(
    "button",
    { class: `button ${look}`, attributes, onClick },
    icon(name),
    element("span", { class: "button-words" }, words),
  );
}
