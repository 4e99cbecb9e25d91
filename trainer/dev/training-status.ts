/**
 * Says on a loopback port how long the deep release will still take, for the page that waits for it. Read from what the
 * training prints; nothing here trains.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface TrainingStatus {
  readonly url: string;
  /** A line that the training printed: "ranker: 120 of 400, 5.0/s, 56 s left". */
  line(text: string): void;
  begin(): void;
  end(): void;
  close(): void;
}

/**
 * The parts of the whole that the stages take, measured on two cores. A faster machine is faster in all of them, so what
 * is left follows from what is done.
 */
const STAGES: readonly (readonly [name: string, part: number])[] = [
  ["reading", 0.01],
  ["vectors", 0.07],
  ["vectors for tuning", 0.08],
  ["encoder", 0.4],
  ["moments", 0.22],
  ["ranker", 0.22],
];

const LOOPBACK = "127.0.0.1";

/** @param now milliseconds of any origin */
export async function serveTrainingStatus(now: () => number): Promise<TrainingStatus> {
  let began: number | undefined;
  let done = 0;
  /** When the last line said how much is done. */
  let doneAt = 0;
  const server = createServer((_, response) => {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(began === undefined ? null : { leftMs: leftMs(done, doneAt - began, now() - began) }));
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  server.unref();
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/`,
    line(text) {
      const part = doneBy(text);
      if (part <= done) return;
      [done, doneAt] = [part, now()];
    },
    begin() {
      began = now();
      done = 0;
      doneAt = began;
    },
    end: () => void (began = undefined),
    close: () => void server.close(),
  };
}

/** The part of the whole, 0 to 1, that is done when the training prints this line; 0 where it says nothing of it. */
export function doneBy(text: string): number {
  const [, name, rest = ""] = /^\s*([\w ]+): (.*)$/.exec(text) ?? [];
  const stage = STAGES.findIndex(([each]) => each === name);
  if (stage < 0) return 0;
  const before = STAGES.slice(0, stage).reduce((sum, [, part]) => sum + part, 0);
  const [, count, total] = /^([\d,]+) of ([\d,]+)/.exec(rest) ?? [];
  const number = (figure: string) => Number(figure.replaceAll(",", ""));
  // A line without a count is the last one of its stage.
  const within = count === undefined || total === undefined ? 1 : number(count) / number(total);
  return before + STAGES[stage]![1] * within;
}

/** Below this the first stages, of which nothing is counted, would promise anything. */
const TELLING_PART = 0.15;

/** @returns null while too little is done to tell */
function leftMs(done: number, doneAfterMs: number, elapsedMs: number): number | null {
  return done < TELLING_PART ? null : Math.max(0, Math.round(doneAfterMs / done - elapsedMs));
}
