/**
 * What a person's attention to one card says: impression, view or skip. Only the rules; what is on the screen, and when,
 * is the business of `observer.ts`.
 *
 * A *look* begins when something of a card comes onto the screen and ends when nothing of it is there any more, when the
 * page is hidden, or when the card is gone. Within a look time counts while the card is *seen*: while at least half of it
 * is on the screen, or half of what the screen can hold of it.
 */

/** Seen for this long without a break: an impression, as LinkedIn counts them. About one fixation of the eye. */
export const IMPRESSION_MS = 300;
/** A look of this length is a view: so long must a video be seen by the Media Rating Council's viewability guidelines. */
export const VIEW_MS = 2_000;
/** A shorter look is a view where this much of a video or a sound was played: signals take it for a yes from there on. */
export const VIEW_FRACTION = 0.5;
/** Scrolled past sooner is a skip: the same guidelines ask one second of what does not move. */
export const SKIP_BELOW_MS = 1_000;
/** Of cards that play something: it has to begin before it can be refused. */
export const MEDIA_SKIP_BELOW_MS = VIEW_MS;

/** What is known of a card (an item in a list), whichever elements show it. */
export interface Attention {
  impressed: boolean;
  viewed: boolean;
  /** The id of the skip, while it stands. */
  skip: string | undefined;
  /** How long it was seen, all looks together. */
  dwellMs: number;
  /** And in this look. */
  lookMs: number;
  /** The part of its video or sound that was played, 0–1; undefined where nothing was. */
  fraction: number | undefined;
}

/** Where the findings go. */
export interface Findings {
  /** @returns the event's id */
  track(type: "impression" | "view" | "skip", details: object): string;
  undo(event: string): void;
}

export function noAttention(): Attention {
  return { impressed: false, viewed: false, skip: undefined, dwellMs: 0, lookMs: 0, fraction: undefined };
}

/** One impression a card. */
export function impressed(card: Attention, findings: Findings): void {
  if (!card.impressed) findings.track("impression", {});
  card.impressed = true;
}

/** @param ms how long the card was seen, without a break */
export function seen(card: Attention, ms: number, findings: Findings): void {
  if (ms >= IMPRESSION_MS) impressed(card, findings);
  card.dwellMs += ms;
  card.lookMs += ms;
}

/**
 * A view tells everything up to now, so that a later one of the same card takes the place of the earlier.
 *
 * @param passed the person went on, beyond the card; not back, and not away from the page
 */
export function lookEnded(card: Attention, passed: boolean, findings: Findings): void {
  const { dwellMs, lookMs, fraction } = card;
  const details = { dwellMs: Math.round(dwellMs), ...(fraction !== undefined && { fraction }) };
  card.lookMs = 0;
  if (lookMs >= VIEW_MS || (!card.viewed && fraction !== undefined && fraction >= VIEW_FRACTION)) {
    // Who came back to look has not passed it over.
    if (card.skip) findings.undo(card.skip);
    card.skip = undefined;
    card.viewed = true;
    findings.track("view", details);
  } else if (passed && card.impressed && !card.viewed && !card.skip) {
    if (dwellMs < (fraction === undefined ? SKIP_BELOW_MS : MEDIA_SKIP_BELOW_MS)) {
      card.skip = findings.track("skip", details);
    }
  }
}
