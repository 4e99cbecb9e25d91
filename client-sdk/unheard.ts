/**
 * What the page has said while there was no engine, in its order, for one that comes late: what was done, what was set, and what was
 * said of consent. Answers nobody waits for any more are not asked for again.
 */
import type { Remote } from "comlink";
import { isLower } from "./consent-order.ts";
import type { EngineApi } from "./messages.ts";
import { asNearfeedError } from "./plain-error.ts";
import type { Consent } from "./types.ts";

type Use<R> = (engine: Remote<EngineApi>) => Promise<R>;

export interface Unheard {
  /** Calls; where no engine can be reached the call is kept. Rejects as `call` does. */
  tell<R>(use: Use<R>): Promise<R>;
  /** The same for a change of consent, which an erasure does not take back. */
  tellConsent(level: Consent, use: Use<void>): Promise<void>;
  /** The least of a level and all that were said and not heard: an engine may begin with no more. */
  least(level: Consent): Consent;
  /** Forgets what was done and set. */
  forget(): void;
  /** Says all of it to an engine. */
  replay(engine: Remote<EngineApi>): void;
}

/** An hour of somebody who is busy. */
const MOST = 1_000;

interface Kept {
  readonly use: Use<unknown>;
  readonly isConsent: boolean;
}

export function createUnheard(call: <R>(use: Use<R>) => Promise<R>, report: (error: unknown) => void): Unheard {
  let kept: Kept[] = [];
  let levels: { readonly level: Consent }[] = [];
  let forgotten = 0;

  async function attempt<R>(use: Use<R>, isConsent: boolean): Promise<R> {
    const before = forgotten;
    try {
      return await call(use);
    } catch (cause) {
      const error = asNearfeedError(cause, "worker");
      // What was erased while it was under way stays so.
      if (error.code === "worker" && (isConsent || before === forgotten)) {
        kept.push({ use, isConsent });
        if (kept.length > MOST)
          kept.splice(
            Math.max(
              0,
              kept.findIndex((each) => !each.isConsent),
            ),
            1,
          );
      }
      throw error;
    }
  }

  return {
    tell: (use) => attempt(use, false),
    tellConsent(level, use) {
      const said = { level };
      levels.push(said);
      return attempt(async (engine) => {
        await use(engine);
        levels = levels.filter((each) => each !== said);
      }, true);
    },
    least: (level) => levels.reduce((least, said) => (isLower(said.level, least) ? said.level : least), level),
    forget() {
      forgotten++;
      kept = kept.filter(({ isConsent }) => isConsent);
    },
    replay(engine) {
      // Not one after the other: messages to the engine keep their order, and what is called meanwhile comes after them.
      for (const { use } of kept.splice(0)) use(engine).catch(report);
    },
  };
}
