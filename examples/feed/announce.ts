/** Tells people who listen to the page what has changed: politely, and no more often than one can listen to. */

/** A sentence takes about so long to be read out. */
const PAUSE_MS = 1_500;

/** @returns says it now, or as soon as the last one is over; of several that wait only the newest is said */
export function createAnnouncer(live: HTMLElement): (text: string) => void {
  let waiting: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function say(text: string): void {
    live.textContent = text;
    timer = setTimeout(() => {
      timer = undefined;
      const next = waiting;
      waiting = undefined;
      if (next !== undefined) say(next);
    }, PAUSE_MS);
  }

  return (text) => {
    if (timer === undefined) say(text);
    else waiting = text;
  };
}
