/**
 * The model card of a release (Mitchell et al. 2019, "Model Cards for Model Reporting"), in a few sentences: it travels in
 * `release.json` under `metrics.card`, to every device, so it has to be short.
 */
import type { EvaluationTable } from "../evaluate/protocols.ts";
import type { DataProfile } from "./data-profile.ts";
import { count, day, percent } from "./numbers.ts";
import type { Verdict } from "../retrain/verdict.ts";
import { floorVerdict, gateVerdict, verdict } from "./verdict.ts";

export interface ModelCard {
  readonly purpose: string;
  readonly data: string;
  readonly licence: string;
  readonly choice: string;
  readonly quality: string;
  readonly limits: readonly string[];
  readonly notFor: readonly string[];
}

export interface ModelCardInput {
  readonly data: DataProfile;
  readonly seed: number;
  /** Events held out of each person. */
  readonly holdout: number;
  /** Whether the weights were tuned, and not given. */
  readonly isTuned: boolean;
  readonly hasDeep: boolean;
  readonly table?: EvaluationTable;
  /** How it stood beside the release before it, where they were compared in place of a table. */
  readonly gate?: Verdict;
  /** What a file beside the log says of its use. */
  readonly notice?: { readonly file: string; readonly text: string };
}

/** What of a notice goes to every device. */
const NOTICE_CHARS = 1_000;

/** Below it, a difference that matters to people is lost in chance. */
const FEW_PEOPLE = 1_000;

export function modelCard(input: ModelCardInput): ModelCard {
  const { data, table, gate, notice, hasDeep } = input;
  return {
    purpose: `Puts the items of one catalogue in order for one person, on that person's device, from what the person did before: a linear score${hasDeep ? ", and an encoder and a ranker over its best" : ""}.`,
    data: dataSentence(data),
    licence: notice
      ? `${notice.file} beside the log says: ${shortened(notice.text)}`
      : "No NOTICE or LICENSE lies beside the log.",
    choice: choiceSentence(input),
    quality: table
      ? [verdict(table), floorVerdict(table)].filter((each) => each !== undefined).join(" ")
      : gate
        ? gateVerdict(gate)
        : "Not measured when it was made.",
    limits: limitsOf(input),
    notFor: [
      "Deciding about people: work, credit, insurance, housing, schooling, health, law.",
      "Finding out who somebody is, or guessing what they would not say of themselves.",
      "People whose taste the log does not hold: what it never saw liked it cannot know to be good.",
    ],
  };
}

function dataSentence({ people, items, events, likes, span, files }: DataProfile): string {
  const when = span ? ` from ${day(span.from)} to ${day(span.to)}` : " without times";
  return `${count(events)} events (${count(likes)} of them likes) of ${count(people)} people on ${count(items)} items,${when}; ${files.join(", ")}.`;
}

function choiceSentence({ holdout, isTuned, seed }: ModelCardInput): string {
  const weights = isTuned
    ? "Half-lives and weights were chosen on events that came before those held out"
    : "Half-lives and weights were given";
  const held = holdout > 0 ? `; the last ${holdout} of each person were kept for the table and read once` : "";
  return `${weights}${held}. Seed ${seed}.`;
}

function limitsOf({ data, table }: ModelCardInput): string[] {
  const people = table?.models["linear"]?.people;
  const unmet = data.items - data.itemsMet;
  const limits = [
    "A like is what the log holds for one: ratings above the middle, clicks, long looks. It says nothing of what is good for somebody.",
    "Held-out events are of things people found without this release: what it alone would have shown them counts as wrong.",
  ];
  if (unmet > 0) {
    limits.push(
      `${percent(unmet / data.items)} of the items have no event in the log: they are ranked by what they say of themselves.`,
    );
  }
  if (people !== undefined) {
    const few = people < FEW_PEOPLE ? ", too few to tell small differences" : "";
    limits.push(`The table is of ${count(people)} of ${count(data.people)} people, those with enough events${few}.`);
  }
  if (!data.span) limits.push("The log has no times: nothing is known of how interests fade in days.");
  return limits;
}

function shortened(text: string): string {
  const plain = text.replace(/\s+/g, " ").trim();
  return plain.length <= NOTICE_CHARS ? plain : `${plain.slice(0, NOTICE_CHARS - 1)}…`;
}
