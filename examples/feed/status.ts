/** The lines that say how the page works right now: the floor, the last reaction, and what has changed or gone wrong. */
import type { Floor, NearfeedError, Notices } from "nearfeed";
import { bytes, countFilms, FLOORS, milliseconds, requests } from "./words.ts";

const ORDER: readonly Floor[] = ["start", "linear", "deep"];

/** How long a piece of news stays. */
const NEWS_MS = 12_000;

interface Places {
  readonly floors: HTMLElement;
  readonly reaction: HTMLElement;
  readonly hint: HTMLElement;
  readonly notice: HTMLElement;
}

export interface Status {
  floor(floor: Floor): void;
  release(notice: Notices["release"]): void;
  /** @param sent requests that left between the tap and the new order */
  reaction(notice: Notices["reaction"], sent: number): void;
  /** What stands in the place of the last reaction while there was none. */
  hint(words: string): void;
  offline(offline: boolean): void;
  error(error: NearfeedError): void;
  /** Something that goes on: a model in training. `undefined` when it is over. */
  progress(words: string | undefined): void;
  /** The reaction of before an erasure is nobody's. */
  forget(): void;
}

/** Writes into elements that the page's HTML has. */
export function createStatus({ floors, reaction, hint, notice }: Places): Status {
  const page = document.documentElement;
  let news: { text: string; timer: ReturnType<typeof setTimeout> } | undefined;
  let problem = "";
  let isOffline = false;
  let training: string | undefined;
  let seen: Floor = "start";
  /** A better model came during this visit; it is told of when it ranks. */
  let isNew = false;

  /** The most urgent line wins: what is wrong, then what is new, then what goes on. */
  function show(): void {
    const kind = news ? "news" : problem ? "problem" : isOffline ? "offline" : training ? "training" : "";
    const text = news?.text ?? (problem || (isOffline ? OFFLINE : (training ?? "")));
    if (notice.textContent !== text) notice.textContent = text;
    notice.dataset["kind"] = kind;
  }

  function tell(text: string): void {
    clearTimeout(news?.timer);
    news = { text, timer: setTimeout(() => ((news = undefined), show()), NEWS_MS) };
    show();
  }

  return {
    floor(floor) {
      page.dataset["floor"] = floor;
      const reached = ORDER.indexOf(floor);
      for (const step of floors.querySelectorAll<HTMLElement>("[data-floor]")) {
        const at = ORDER.indexOf(step.dataset["floor"] as Floor);
        step.classList.toggle("reached", at <= reached);
        if (at === reached) step.setAttribute("aria-current", "step");
        else step.removeAttribute("aria-current");
        step.title = FLOORS[ORDER[at]!];
      }
    },
    release({ release, previous, floor, bytes: size, verified, swapMs }) {
      page.dataset["release"] = release;
      isNew ||= previous !== null && previous !== release;
      const isBetter = floor === "deep" && seen !== "deep";
      const how = verified === "signature" ? "signature verified" : "verified";
      const words = `${bytes(size)} · ${how} · swapped in ${milliseconds(swapMs)}`;
      if (isNew && isBetter) tell(`Better model · ${words}`);
      else if (isNew && floor !== "deep" && seen === floor) tell(`New release · ${words}`);
      if (floor === "deep") isNew = false;
      seen = floor;
      // What was wrong with a release is over when another one is in use.
      if (previous !== null && previous !== release) problem = "";
      show();
    },
    reaction({ event, ms, ranked }, sent) {
      reaction.textContent = `${countFilms(ranked)} re-ranked · ${milliseconds(ms)} · ${requests(sent)}`;
      reaction.dataset["event"] = event;
      reaction.dataset["ms"] = String(ms);
      reaction.dataset["ranked"] = String(ranked);
      reaction.dataset["requests"] = String(sent);
      reaction.hidden = false;
      hint.hidden = true;
    },
    hint(words) {
      if (hint.textContent !== words) hint.textContent = words;
    },
    offline(offline) {
      page.toggleAttribute("data-offline", offline);
      isOffline = offline;
      show();
    },
    error({ code, message }) {
      if (code === "offline") return;
      notice.dataset["code"] = code;
      problem = PROBLEMS[code] ?? message;
      show();
    },
    progress(words) {
      training = words;
      show();
    },
    forget() {
      reaction.hidden = true;
      hint.hidden = false;
    },
  };
}

const OFFLINE = "Offline. Ranking goes on: it runs on this device.";

/** What the page says of the errors that its visitors can meet; the panel has the whole message. */
const PROBLEMS: Readonly<Record<string, string>> = {
  bad_release: "A damaged release was refused. The one before goes on.",
  model: "The deep ranker does not run here. The linear one goes on.",
  storage: "This browser stores nothing. It works for this visit.",
};
