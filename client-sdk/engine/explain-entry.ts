/** Why an entry has its score: the log as it was when the entry was ranked is replayed and the score taken apart. */
import { explainLinear } from "../../shared/explain.ts";
import type { Term } from "../../shared/explain.ts";
import { explorationPriority } from "../../shared/exploration.ts";
import { interestAt } from "../../shared/interest.ts";
import { createProfile } from "../../shared/profile.ts";
import type { Trace } from "../messages.ts";
import type { Explanation } from "../types.ts";
import { numbered } from "./adjustments.ts";
import type { EventLog } from "./event-log.ts";
import type { Held } from "./held.ts";
import { sentenceOf } from "./sentence.ts";
import { profileOfLike } from "./similar-items.ts";

/** The terms that people are shown; the log may give thousands. */
const TERMS_WITH_ITEMS = 20;

/**
 * @param edition of the items and the log in use
 * @returns null where they do not have the item
 */
export function explainEntry(
  held: Held,
  edition: number,
  log: EventLog,
  item: string,
  trace: Trace,
): Explanation<object> | null {
  const { policy, byScore, explored, propensity, moved } = trace;
  const selection = { policy, byScore, explored, propensity, ...(moved && { moved }) };
  const sentence = (terms: readonly Term[], unranked = false) =>
    sentenceOf({
      terms,
      explored,
      moved,
      unranked,
      about: trace.about,
      kindOf: (event) => log.get(event)?.event.type,
      titleOf: (id) => titleOf(held, id),
    });
  if (trace.floor === "start") {
    return { score: 0, terms: [], items: {}, uncertainty: 0, current: true, sentence: sentence([], true), selection };
  }
  const { model, items } = held;
  const row = items.table.rowOf.get(item);
  if (!model || row === undefined) return null;
  const current = trace.edition === edition;
  const past = current ? log.profileAt(trace.events) : log.profile;
  const imagined = trace.about === undefined ? undefined : profileOfLike(held, trace.about, trace.now);
  const profile = imagined ?? (trace.personalized ? past : undefined) ?? createProfile(model);
  const now = current ? trace.now : Math.max(trace.now, profile.taste.at);
  const set = trace.personalized ? numbered(trace.adjustments, held) : undefined;
  const interest = interestAt(profile, model, now, set);
  const linear = explainLinear(items.table, row, interest, model);
  // What the deep ranker said is known of the entry's own ranking only.
  const deep: Term[] = current && trace.deep !== 0 ? [{ kind: "deep", value: trace.deep }] : [];
  const terms = [...linear, ...deep].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const [priority] = explorationPriority(items.table, [row], interest, model);
  return {
    score: terms.reduce((sum, term) => sum + term.value, 0),
    terms,
    items: itemsOf(held, terms.slice(0, TERMS_WITH_ITEMS)),
    uncertainty: Math.sqrt(priority!),
    current,
    sentence: sentence(terms),
    selection,
  };
}

/** The catalogue's entries of the items that terms name, where they are at hand. */
function itemsOf({ items }: Held, terms: readonly Term[]): Record<string, object> {
  const named = terms.flatMap((term) => ("item" in term ? [term.item] : []));
  const known = [...new Set(named)].flatMap((id) => {
    const row = items.table.rowOf.get(id);
    return row === undefined ? [] : [[id, items.item(row)] as const];
  });
  return Object.fromEntries(known);
}

function titleOf({ items }: Held, id: string): string | undefined {
  const row = items.table.rowOf.get(id);
  const title = row === undefined ? undefined : (items.item(row) as { title?: unknown }).title;
  return typeof title === "string" ? title : undefined;
}
