/** What an app tells the panel, and what the panel assumes where it says nothing. Types and defaults. */
import type { Consent, Entry } from "../types.ts";

/** An item in words. */
export interface Described {
  readonly title: string;
  /** A short second line. */
  readonly line?: string;
}

export interface PanelOptions<T> {
  /** Default: the fields `title` and `categories` of an item, where it has them. */
  readonly describe?: (item: T, id: string) => Described;
  /** A small picture of an item, 2:3; a new element at every call. Default: none. */
  readonly picture?: (item: T) => Element;
  /** Any CSS colour of a category's bar. Default: the accent. */
  readonly colour?: (category: string) => string;
  /** Categories worth a bar. Default: all. */
  readonly categories?: readonly string[];
  /** What one item is called, and several. Default: item, items. */
  readonly noun?: readonly [one: string, many: string];
  /** Gives the rows under "Up next" buttons, and hears what was pressed. Default: no buttons. */
  readonly onAct?: (type: "like" | "skip", entry: Entry<T>) => void;
  /** The person has chosen a level in the panel, and it holds. */
  readonly onConsent?: (consent: Consent) => void;
  /** Whether the part for developers is open at the start. Default: false. */
  readonly developer?: boolean;
}

/** What is on the screen beside the panel. */
export interface PanelView<T> {
  /** The entry that "Why this" speaks of. */
  readonly current?: Entry<T> | undefined;
  /** What comes after it, in order. */
  readonly next?: readonly Entry<T>[];
}

export interface Panel<T> extends Disposable {
  /** Tells the panel what is shown now. */
  show(view: PanelView<T>): void;
  /** Brings "Why this" into view and gives it the focus. */
  revealWhy(): void;
}

/** Options with every default filled in. */
export type Settings<T> = Required<Omit<PanelOptions<T>, "picture" | "categories" | "onAct">> &
  Pick<PanelOptions<T>, "picture" | "categories" | "onAct">;

export function settingsOf<T extends object>(given: PanelOptions<T>): Settings<T> {
  return {
    ...given,
    describe: given.describe ?? describePlainly,
    colour: given.colour ?? (() => "var(--accent)"),
    noun: given.noun ?? ["item", "items"],
    onConsent: given.onConsent ?? (() => {}),
    developer: given.developer ?? false,
  };
}

function describePlainly(item: object, id: string): Described {
  const { title, categories } = item as { title?: unknown; categories?: unknown };
  const line = Array.isArray(categories) ? categories.slice(0, 2).join(" · ") : "";
  return { title: typeof title === "string" ? title : id, line };
}
