/**
 * Raises the deep floor over a release: after the first list, never before, and between two lists. What cannot be loaded
 * leaves the linear floor standing.
 */
import { NearfeedError } from "../../shared/errors.ts";
import type { DeepSession } from "../ort.ts";
import { loadDeepModel, RuntimeMissing } from "../deep/load.ts";
import type { RuntimeUrls } from "../deep/load.ts";
import type { FileBytes } from "../sync/files.ts";
import { waitAfter } from "../wait-after.ts";
import type { Held } from "./held.ts";
import type { Hold } from "./holder.ts";
import { BUDGET_MS, withinBudget } from "./time-budget.ts";

/** Each try of a runtime that does not start leaves a copy of its script in memory. Two hours, by the waits. */
const MOST_TRIES = 18;

export interface DeepFloorOptions {
  readonly urls: RuntimeUrls;
  readonly held: () => Held | undefined;
  /** Bytes by hash. */
  readonly files: () => FileBytes;
  readonly hold: Hold;
  readonly report: (error: unknown) => void;
}

export interface DeepFloor {
  /** A list was made: the deep floor may come. */
  wanted(): void;
  /**
   * The model of a release that is about to be taken into use: the one that runs where the graphs are the same, a new
   * one where a model runs already, none (for now) where none does.
   *
   * @throws NearfeedError `model` where graphs of a new release do not run
   */
  prepare(held: Held): Promise<DeepSession | undefined>;
  /** A model failed while it ran: its graphs are not tried again. */
  giveUp(held: Held): void;
  /** The release prepared for is in use: models that are not may go, and give their memory back. */
  settle(): void;
}

export function createDeepFloor({ urls, held, files, hold, report }: DeepFloorOptions): DeepFloor {
  let running: { readonly key: string; readonly session: DeepSession } | undefined;
  const retired: DeepSession[] = [];
  let loading = false;
  /** What does not run here, by its graphs. */
  const failed = new Set<string>();
  /** Tries of the runtime that came to nothing, of whatever graphs: it is one for the page. */
  let tries = 0;
  /** When it may be tried again, on the monotonic clock; ms */
  let again = 0;

  async function load(next: Held, key: string): Promise<DeepSession | undefined> {
    const { encoder, ranker } = next.release.files;
    const graphs = { encoder: files().get(encoder!.sha256), ranker: files().get(ranker!.sha256) };
    if (!graphs.encoder || !graphs.ranker) return undefined;
    const loaded = await loadDeepModel(urls, next.release, {
      encoder: graphs.encoder,
      ranker: graphs.ranker,
      failures: tries,
    });
    const session = withinBudget(loaded, { clock: () => performance.now(), tooSlow: (ms) => fallBack(next, ms) });
    if (running) retired.push(running.session);
    running = { key, session };
    return session;
  }

  /** The device is too slow for these graphs: lists go on without them. */
  function fallBack(slow: Held, ms: number): void {
    report(
      new NearfeedError(
        "model",
        `The deep ranker takes ${Math.round(ms)} ms here, at most ${BUDGET_MS} are sensible.`,
        {
          hint: "Lists go on on the linear floor until the page is loaded again.",
        },
      ),
    );
    letGo(slow);
    // Taken into use once more, now without a model.
    hold((now) => now && { ...now, deep: undefined }).catch(report);
  }

  function letGo(current: Held): void {
    const key = keyOf(current);
    if (!key) return;
    failed.add(key);
    if (running?.key !== key) return;
    retired.push(running.session);
    running = undefined;
  }

  async function raise(current: Held, key: string): Promise<void> {
    loading = true;
    try {
      const deep = running?.key === key ? running.session : await load(current, key);
      if (deep) await hold((now) => (now && keyOf(now) === key ? { ...now, deep } : undefined));
    } catch (error) {
      missed(key, error);
    } finally {
      loading = false;
    }
    settle();
    // Lists of a release that came meanwhile could not ask for its model.
    const now = held();
    if (now && keyOf(now) !== key) wanted();
  }

  /** What is wrong with graphs stays so; a runtime that did not start may start later, and is said to be missing once. */
  function missed(key: string, error: unknown): void {
    if (!(error instanceof RuntimeMissing)) failed.add(key);
    else again = performance.now() + waitAfter(tries++);
    if (failed.has(key) || tries === 1) report(error);
  }

  function wanted(): void {
    const current = held();
    const key = current && keyOf(current);
    if (!current || !key || current.deep || loading || failed.has(key)) return;
    if (tries < MOST_TRIES && performance.now() >= again) void raise(current, key);
  }

  function settle(): void {
    // What is in use has no model, or is not to be ranked by one.
    if (running && !loading && held()?.deep !== running.session) {
      retired.push(running.session);
      running = undefined;
    }
    for (const session of retired.splice(0)) session.release().catch(report);
  }

  return {
    wanted,
    async prepare(next) {
      const key = keyOf(next);
      if (!key || !running) return undefined;
      return key === running.key ? running.session : load(next, key);
    },
    giveUp: letGo,
    settle,
  };
}

/** Names the graphs; undefined where there are none or nothing to add them to. */
function keyOf({ release, model }: Held): string | undefined {
  const { encoder, ranker } = release.files;
  return model && encoder && ranker && `${encoder.sha256} ${ranker.sha256}`;
}
