/** An edge of this machine, people who send it events, and `nearfeed retrain` against it as the command line runs it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event } from "../../shared/event.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { retrain } from "../../trainer/commands/retrain.ts";
import { createTerminal } from "../../trainer/terminal/terminal.ts";
import { type LocalEdge, startLocalEdge } from "./local-edge.ts";
import { untilLogged } from "./until-logged.ts";

const SECRET = "publish-secret-of-the-retrain-tests";

/** Weights found elsewhere: what is tested is not how they are found. */
export const BUNDLED_FIT = join(import.meta.dirname, "../../trainer/datasets/movielens-small/linear-fit.json");

export interface RetrainOutcome {
  readonly said: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly result?: Record<string, unknown>;
}

export interface RetrainLab {
  /** Holds `items.csv`; the log and the releases come to lie there. */
  readonly folder: string;
  readonly edge: LocalEdge;
  /** @throws Error where one of the events is refused */
  send(subject: string, events: readonly Event[]): Promise<void>;
  /** Resolves when all that was sent is in the log. */
  logged(): Promise<void>;
  run(
    positionals?: readonly string[],
    values?: Record<string, string | boolean | string[]>,
    onSaid?: (text: string, stop: AbortController) => void,
  ): Promise<RetrainOutcome>;
  stop(): Promise<void>;
}

/** @param items ids and their category */
export async function openRetrainLab(items: readonly (readonly [id: string, category: string])[]): Promise<RetrainLab> {
  const folder = await mkdtemp(join(tmpdir(), "nearfeed-retrain-"));
  await writeFile(join(folder, "items.csv"), ["item,categories", ...items.map((row) => row.join(","))].join("\n"));
  const edge = await startLocalEdge({ state: join(folder, "edge"), secret: SECRET, queue: false });
  let sent = 0;
  return {
    folder,
    edge,
    async send(subject, events) {
      const body = { v: 1, key: "dev", subject, release: "r", surface: "home", events };
      const answer = await fetch(edge.url + ROUTES.events(), { method: "POST", body: JSON.stringify(body) });
      const { accepted } = (await answer.json()) as { accepted?: number };
      if (accepted !== events.length) throw new Error(`${accepted} of ${events.length} events were accepted`);
      sent += events.length;
    },
    logged: () => untilLogged(edge, sent),
    async run(positionals = [], values = {}, onSaid = () => {}) {
      const stop = new AbortController();
      let said = "";
      const output = { write: (text: string) => onSaid((said += text), stop) };
      const terminal = createTerminal({ stdout: output, stderr: output, json: false, now: () => performance.now() });
      const places = {
        logs: join(folder, "logs"),
        releases: join(folder, "releases"),
        edge: edge.url,
        fit: BUNDLED_FIT,
      };
      const given = { ...places, items: [join(folder, "items.csv")], ...values };
      const input = { positionals, values: given, terminal, signal: stop.signal };
      try {
        const result = await retrain.run({ ...input, env: { NEARFEED_SECRET: SECRET } });
        return { said, result: result as Record<string, unknown> };
      } catch (error) {
        return { said, error: error as RetrainOutcome["error"] & object };
      }
    },
    async stop() {
      await edge.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
