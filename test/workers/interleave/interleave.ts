// Runs several requests at once, one operation of the bucket at a time, in an order that is given: so that an order in
// which something goes wrong can be found, and found again.

import type { Step } from "./stepped-bucket.ts";

/** One of those that run at once: a request, or several in a row. */
export interface Actor<T> {
  /** Actors of one isolate share what it remembers, and die together. */
  readonly isolate: number;
  run(step: Step): Promise<T>;
}

/** What comes next. */
export interface Choice {
  /** The number of an actor that waits. */
  readonly actor: number;
  /** Its isolate dies there, before its operation or after. */
  readonly dies?: "before" | "after";
}

/** How long an actor may compute, or read its request, before it is taken to wait for another of its isolate. */
const THINKING_MS = 15;

/** Does the operation; what it gives tells the one who asked for it. */
type Waiting = () => Promise<() => void>;

/**
 * Lets the actors run until all have ended or died.
 *
 * @param choose from the actors that wait for the bucket, never empty
 * @param look called when an operation is done
 * @returns what each gave; undefined for those that died
 * @throws what an actor has thrown
 */
export async function interleave<T>(
  actors: readonly Actor<T>[],
  choose: (waiting: readonly number[]) => Choice,
  look: () => Promise<void>,
): Promise<(T | undefined)[]> {
  const queues = actors.map((): Waiting[] => []);
  const gone = new Set<number>();
  const results: (T | undefined)[] = actors.map(() => undefined);
  const failures: unknown[] = [];

  const stepOf = (number: number): Step => {
    return (operation) =>
      new Promise((resolve, reject) => {
        // Of the dead nothing is heard any more.
        if (gone.has(number)) return;
        queues[number].push(() =>
          operation().then(
            (result) => () => resolve(result),
            (error: unknown) => () => reject(error),
          ),
        );
      });
  };
  const end = (number: number, settle: () => void) => {
    if (!gone.has(number)) settle();
    gone.add(number);
  };
  actors.forEach(({ run }, number) => {
    run(stepOf(number)).then(
      (result) => end(number, () => (results[number] = result)),
      (error: unknown) => end(number, () => failures.push(error)),
    );
  });

  for (;;) {
    await untilWaiting(queues, gone);
    if (gone.size === actors.length) break;
    const waiting = queues.flatMap((queue, number) => (queue.length > 0 && !gone.has(number) ? [number] : []));
    if (waiting.length === 0) continue;
    const { actor, dies } = choose(waiting);
    const operation = queues[actor].shift()!;
    const tell = dies === "before" ? undefined : await operation();
    if (dies === undefined) tell?.();
    else actors.forEach(({ isolate }, number) => isolate === actors[actor].isolate && gone.add(number));
    await look();
  }
  if (failures.length > 0) throw failures[0];
  return results;
}

/** Until each has ended or waits for the bucket, or those that do neither must be waiting for somebody who does. */
async function untilWaiting(queues: readonly { length: number }[], gone: ReadonlySet<number>): Promise<void> {
  const isSettled = () => queues.every((queue, number) => gone.has(number) || queue.length > 0);
  for (let waited = 0; waited < THINKING_MS && !isSettled(); waited++) {
    await new Promise((tick) => {
      setTimeout(tick, 1);
    });
  }
}
