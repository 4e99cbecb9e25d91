/** What every part of the panel is. Types only. */
import type { Recommender } from "../types.ts";
import type { Settings } from "./options.ts";
import type { Watched } from "./watch.ts";

export interface Part<T> {
  readonly element: HTMLElement;
  /** Brings the element up to what is known. Called often: it changes only what has changed. */
  draw(state: Watched<T>): void;
}

/** What parts are made with. */
export interface PartContext<T> {
  readonly recommender: Recommender<T>;
  readonly settings: Settings<T>;
  /** Something was changed through the panel that no notice tells of. */
  readonly refresh: () => void;
  /** Says it to people who cannot see it. */
  readonly announce: (text: string) => void;
}
