/** The lines that say how the page works right now: the floor, the release, the last reaction, and what went wrong. */
import type { Floor, NearfeedError, Notices } from "nearfeed";
import { countFilms, FLOORS, milliseconds } from "./words.ts";

const ORDER: readonly Floor[] = ["start", "linear", "deep"];

/** Hex digits of a release's id that are enough to tell two apart. */
const SHORT_ID = 8;

interface Places {
  readonly floors: HTMLElement;
  readonly release: HTMLElement;
  readonly reaction: HTMLElement;
  readonly notice: HTMLElement;
}

export interface Status {
  floor(floor: Floor): void;
  release(id: string): void;
  reaction(notice: Notices["reaction"]): void;
  offline(offline: boolean): void;
  error(error: NearfeedError): void;
}

/** Writes into elements that the page's HTML has. */
export function createStatus({ floors, release, reaction, notice }: Places): Status {
  const ms = reaction.querySelector<HTMLElement>(".reaction-ms")!;
  const words = reaction.querySelector<HTMLElement>(".reaction-words")!;
  return {
    floor(floor) {
      document.documentElement.dataset["floor"] = floor;
      const reached = ORDER.indexOf(floor);
      for (const step of floors.querySelectorAll<HTMLElement>("[data-floor]")) {
        const at = ORDER.indexOf(step.dataset["floor"] as Floor);
        step.classList.toggle("reached", at <= reached);
        if (at === reached) step.setAttribute("aria-current", "step");
        else step.removeAttribute("aria-current");
        step.title = FLOORS[ORDER[at]!];
      }
    },
    release(id) {
      document.documentElement.dataset["release"] = id;
      release.textContent = id.slice(0, SHORT_ID);
      release.title = id;
    },
    reaction({ event, ms: took, ranked }) {
      ms.textContent = milliseconds(took);
      words.textContent = `${countFilms(ranked)} re-ranked on this device`;
      reaction.dataset["event"] = event;
      reaction.dataset["ms"] = String(took);
      reaction.dataset["ranked"] = String(ranked);
      reaction.hidden = false;
    },
    offline(offline) {
      document.documentElement.toggleAttribute("data-offline", offline);
      if (offline) show("Offline. Ranking goes on: it runs on this device.", "offline");
      else if (notice.dataset["code"] === "offline") notice.hidden = true;
    },
    error({ code, message }) {
      if (code !== "offline") show(message, code);
    },
  };

  function show(text: string, code: string): void {
    notice.textContent = text;
    notice.dataset["code"] = code;
    notice.hidden = false;
  }
}
