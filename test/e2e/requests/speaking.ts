/**
 * Counts the items that speak for a person's interests, by the words of docs/privacy.md and with none of the SDK's code.
 * A request is judged while the page acts, so the count is what it may be at most at any moment. (That a card which was
 * watched and later passed over speaks no more is left out; the script passes over nothing that it has met.)
 */

/** What a page did with an item, or took back. */
export type Deed =
  | { readonly type: "undo"; readonly undone: string }
  | {
      readonly type: string;
      readonly id: string;
      readonly item: string;
      /** Empty where the item was named without a list. */
      readonly list: string;
      readonly value?: number;
      readonly fraction?: number;
      readonly dwellMs?: number;
    };
type Act = Exclude<Deed, { undone: string }>;

export interface Speaking {
  /** What is under way counts already; what was taken back counts until `settled`. */
  readonly most: number;
  /** The page is about to do something with one item. */
  begin(): void;
  /** It has done so; undefined: it did nothing. */
  done(deed: Deed | undefined): void;
  /** Nothing is on its way any more that was decided by an older count. */
  settled(): void;
  /** Everything that stands, for {@link add}. */
  all(): readonly Deed[];
  /** Events that came from elsewhere. */
  add(deeds: readonly Deed[]): void;
  /** Everything was erased, and has settled. */
  clear(): void;
}

/** From where on a rating is one in favour, and a view one of most of it. */
const FAIR_VALUE = 2.5;
const HALF = 0.5;
/** Of what has no end that could be half reached. */
const LONG_LOOK_MS = 10_000;

const YES = ["like", "save", "share", "purchase"];
const NO = ["dislike", "hide"];

export function createSpeaking(): Speaking {
  let acts = new Map<string, Act>();
  let underWay = 0;
  /** The largest count since it settled last. */
  let peak = 0;

  function note(): void {
    peak = Math.max(peak, count());
  }

  function count(): number {
    const cards = new Map<string, Act[]>();
    for (const act of acts.values()) {
      const card = JSON.stringify([act.list, act.item]);
      cards.set(card, [...(cards.get(card) ?? []), act]);
    }
    return new Set([...cards.values()].filter(speaks).map(([act]) => act!.item)).size;
  }

  function take(deed: Deed): void {
    if ("undone" in deed) acts.delete(deed.undone);
    else acts.set(deed.id, deed);
  }

  return {
    get most() {
      return peak + underWay;
    },
    begin() {
      underWay = 1;
    },
    done(deed) {
      if (deed) take(deed);
      note();
      underWay = 0;
    },
    settled() {
      peak = count();
    },
    all: () => [...acts.values()],
    add(deeds) {
      for (const deed of deeds) take(deed);
      note();
    },
    clear() {
      acts = new Map();
      peak = 0;
    },
  };
}

/** Of one item in one list what was said last counts; what was only watched counts where nothing was said. */
function speaks(card: readonly Act[]): boolean {
  const said = card.map(verdict).findLast((each) => each !== undefined);
  return said ?? card.some(isWatched);
}

function verdict({ type, value }: Act): boolean | undefined {
  if (type === "rating") return value! >= FAIR_VALUE;
  return YES.includes(type) ? true : NO.includes(type) ? false : undefined;
}

function isWatched({ type, fraction, dwellMs }: Act): boolean {
  if (type !== "view") return type === "click";
  return fraction === undefined ? dwellMs! >= LONG_LOOK_MS : fraction >= HALF;
}
