/** Waits for events on their way through an edge: its stores gather them for five seconds before they write a part. */
import { ROUTES } from "../../shared/protocol.ts";
import type { PublishTarget } from "./publish-small.ts";
import { readPrometheus } from "./read-prometheus.ts";

const LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 250;

/** Resolves when so many events were stored since the edge was made, and all of them are in the log. */
export async function untilLogged(edge: PublishTarget, events: number): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const answer = await fetch(edge.url + ROUTES.metrics(), { headers: { Authorization: `Bearer ${edge.secret}` } });
    const metrics = readPrometheus(await answer.text());
    const read = (name: string) => metrics.get(name)!.samples[0]!.value;
    const [stored, waiting] = [read("nearfeed_events_stored_total"), read("nearfeed_events_waiting")];
    if (stored >= events && waiting === 0) return;
    if (performance.now() > deadline) throw new Error(`${stored} of ${events} events are stored, ${waiting} wait`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
