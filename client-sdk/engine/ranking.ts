/**
 * Rankings that always come: a release that is missing is fetched, a model that fails is let go, and what cannot be had
 * is an empty ranking with its error. How a list is made is `make-list.ts`.
 */
import { NearfeedError } from "../../shared/errors.ts";
import type { PlainError, Ranked } from "../messages.ts";
import { asNearfeedError, plainError } from "../plain-error.ts";
import type { Adjustments } from "../storage/schema.ts";
import type { Held } from "./held.ts";
import type { Holder } from "./holder.ts";
import type { MadeList } from "./make-list.ts";

export interface RankingOptions {
  readonly holder: Holder;
  /** Of what lists are made from (`Ranked.edition`). */
  readonly edition: () => number;
  /** Resolves when a first list can be made, or when it is known that none can. */
  readonly ready: () => Promise<unknown>;
  /** Looks for a release once more. */
  readonly sync: () => Promise<unknown>;
  readonly isOffline: () => boolean;
  /** Why there is no release. */
  readonly failure: () => PlainError | undefined;
  /** What the person has set by hand. */
  readonly adjustments: () => Adjustments;
  /** A list was made of these items. */
  readonly made: (by: Held, ids: readonly string[]) => void;
  /** The graphs of a model failed while they ran. */
  readonly giveUp: (failed: Held) => void;
  readonly report: (error: unknown) => void;
}

type Make = (held: Held, adjustments: Adjustments) => Promise<MadeList>;

export interface Rankings {
  /** Makes a list from what is in use, in `make`; never rejects. */
  of(make: Make): Promise<Ranked>;
  /** A ranking without entries that says why. */
  nothing(error: PlainError): Ranked;
}

export function createRankings(options: RankingOptions): Rankings {
  const { holder, edition, ready, sync, isOffline, failure, adjustments, made, giveUp, report } = options;

  async function of(make: Make): Promise<Ranked> {
    await ready();
    if (!holder.held) await sync();
    const current = holder.held;
    if (!current) {
      const none = new NearfeedError("no_release", "No release is installed yet and none could be fetched.");
      return nothing(failure() ?? plainError(none, "no_release"));
    }
    const about = { edition: edition(), offline: isOffline(), adjustments: adjustments() };
    try {
      const list = await make(current, about.adjustments);
      made(
        current,
        list.entries.map(({ id }) => id),
      );
      return { ...list, ...about };
    } catch (error) {
      if (!current.deep || isAboutTheAsk(error)) return nothing(plainError(error, "worker"));
      // Where another model runs by now, the one that failed was let go, and is not to blame.
      if (holder.held?.deep === current.deep) {
        const { message } = asNearfeedError(error, "model");
        report(new NearfeedError("model", `The deep ranker failed: ${message}`, { cause: error }));
        giveUp(current);
        holder.withoutDeep(current);
      }
      return of(make);
    }
  }

  function nothing(error: PlainError): Ranked {
    return {
      entries: [],
      floor: "start",
      release: "",
      policy: "",
      ranked: 0,
      events: 0,
      now: 0,
      personalized: true,
      adjustments: {},
      edition: edition(),
      offline: isOffline(),
      error,
    };
  }

  return { of, nothing };
}

/** What was asked for cannot be had, with or without a model; a model fails with other errors. */
function isAboutTheAsk(error: unknown): boolean {
  return error instanceof NearfeedError && error.code !== "bad_release";
}
