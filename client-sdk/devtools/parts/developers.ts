/** "For developers": everything else the recommender says of itself, closed until somebody asks. */
import { element } from "../element.ts";
import type { Part, PartContext } from "../part.ts";
import type { Watched } from "../watch.ts";
import { drawErrors, drawEvents, drawEvidence, drawPool, drawRelease } from "./facts.ts";
import { drawHistory } from "./history.ts";
import { drawTimings } from "./timings.ts";

export function createDevelopersPart<T>({ settings }: PartContext<T>): Part<T> {
  const blocks = [
    ["Timings", drawTimings],
    ["Profile over time", (state: Watched<T>) => drawHistory(state, settings)],
    ["Evidence", drawEvidence],
    ["Pool and sources", drawPool],
    ["Release and channel", drawRelease],
    ["Event log", drawEvents],
    ["Errors", drawErrors],
  ] as const satisfies readonly (readonly [string, (state: Watched<T>) => readonly Node[]])[];
  const bodies = blocks.map(() => element("div", { class: "block" }));
  const details = element(
    "details",
    { class: "developers", attributes: { id: "developers", open: settings.developer } },
    element("summary", {}, "For developers"),
    ...blocks.flatMap(([title], i) => [element("h3", {}, title), bodies[i]!]),
  );
  let last: Watched<T> | undefined;
  details.addEventListener("toggle", () => last && draw(last));

  function draw(state: Watched<T>): void {
    last = state;
    if (details.open) blocks.forEach(([, nodes], i) => bodies[i]!.replaceChildren(...nodes(state)));
  }

  return { element: details, draw };
}
