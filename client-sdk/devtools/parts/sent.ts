/** "What left this device": the requests themselves, one line each, newest first. */
import { element, say, section } from "../element.ts";
import type { Part } from "../part.ts";
import type { SentRequest, Watched } from "../watch.ts";
import { bytes, clockTime, counted } from "../words.ts";

type Sent = Pick<Watched<unknown>, "requests" | "requestCount" | "eventCount">;

export function createSentPart<T>(): Part<T> {
  const summary = element("span");
  const list = element("ol", {
    class: "requests",
    attributes: { id: "requests", tabindex: 0, "aria-label": "Requests" },
  });
  const details = element("details", { class: "more" }, element("summary", {}, summary), list);
  let drawn = 0;
  let drawnOpen = false;
  details.addEventListener("toggle", () => last && draw(last));
  let last: Sent | undefined;

  function draw({ requests, requestCount, eventCount }: Sent): void {
    const yours = eventCount === 0 ? "nothing of yours" : counted(eventCount, ["event of yours", "events of yours"]);
    say(summary, `${counted(requestCount, ["request", "requests"])} · ${yours}`);
    if (!details.open || (drawn === requestCount && drawnOpen)) {
      drawnOpen = details.open;
      return;
    }
    [drawn, drawnOpen] = [requestCount, true];
    list.replaceChildren(...[...requests].reverse().map(line));
  }

  return {
    element: section("sent", "What left this device", details),
    draw(state) {
      last = state;
      draw(state);
    },
  };
}

function line({ method, url, at, bytes: size, events }: SentRequest): HTMLElement {
  const { pathname, search } = new URL(url, location.href);
  const body = size === 0 ? "no body" : `${bytes(size)}, ${counted(events, ["event", "events"])}`;
  return element(
    "li",
    {},
    element("code", {}, `${method} ${pathname}${search}`),
    element("span", { class: "quiet" }, `${clockTime(at)} · ${body}`),
  );
}
