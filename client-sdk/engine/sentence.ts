/**
 * Why an entry is where it is, in one plain English sentence. Made of the very terms of the explanation: it leaves things
 * out, but says nothing that they do not say. Plain text: what an app shows as HTML it must escape.
 */
import type { EventType } from "../../shared/event.ts";
import type { Term } from "../../shared/explain.ts";
import type { Moved } from "../../shared/rules.ts";

export interface Reasons {
  readonly terms: readonly Term[];
  readonly explored: boolean;
  readonly moved?: Moved;
  /** Nothing was computed: the start pool as it came. */
  readonly unranked?: boolean;
  /** The item that a list of similar ones is of. */
  readonly about?: string;
  /** What the person did, by event id. */
  kindOf(event: string): EventType | undefined;
  /** Undefined where the catalogue has none. */
  titleOf(item: string): string | undefined;
}

const DID: { readonly [T in EventType]?: string } = {
  view: "spent time with",
  click: "opened",
  share: "shared",
  save: "saved",
  purchase: "bought",
};
/** The word for a like, a rating, and for what the log does not know any more. */
const LIKED = "liked";
/** Longer titles would make the sentence one of its own. */
const MAX_TITLE_CHARS = 60;
/** A second event is named where it did at least this share of what the first did. */
const WORTH_NAMING = 0.5;
/** Skips are named where they took at least this share of what spoke for the item. */
const WORTH_REGRETTING = 0.5;
const OPERATOR = "the people who run this app";

export function sentenceOf(reasons: Reasons): string {
  const { explored, moved, unranked, about } = reasons;
  if (moved === "pinned") return `Placed here by ${OPERATOR}.`;
  if (explored) return "Shown to learn whether you like this.";
  if (unranked) return "Shown to everybody at the start.";
  const why = about === undefined ? mainReason(reasons) : `Because it is like ${nameOf(about, reasons)}`;
  return `${why}${regret(reasons)}${afterthought(moved)}.`;
}

function mainReason(reasons: Reasons): string {
  const { terms } = reasons;
  const events = ofKind(terms, "event").filter(({ value }) => value > 0);
  const wishes = ofKind(terms, "adjustment").filter(({ value }) => value > 0);
  const single = (kind: Term["kind"]) => sum(terms.filter((term) => term.kind === kind));
  const candidates: [value: number, reason: () => string][] = [
    [sum(events), () => `Because you ${deeds(events, reasons)}`],
    [sum(wishes), () => `Because you asked for more ${largest(wishes).category}`],
    [single("earlier"), () => "Because it fits what you chose earlier"],
    [single("content"), () => "Because it is of a kind you often choose"],
    [single("deep"), () => "Because it fits what you did last"],
    [single("popularity"), () => "Because many people like it"],
    [single("appeal"), () => "Because many who see it choose it"],
  ];
  const [value, reason] = candidates.reduce((best, each) => (each[0] > best[0] ? each : best));
  return value > 0 ? reason() : "Because nothing better is left";
}

/** "liked A and B", "liked A and opened B". */
function deeds(events: readonly EventTerm[], reasons: Reasons): string {
  const verb = ({ event }: EventTerm) => DID[reasons.kindOf(event) ?? "like"] ?? LIKED;
  const first = largest(events);
  const others = events.filter(({ item }) => item !== first.item && reasons.titleOf(item) !== undefined);
  const told = `${verb(first)} ${nameOf(first.item, reasons)}`;
  const second = others.length > 0 ? largest(others) : undefined;
  if (!second || second.value < WORTH_NAMING * first.value) return told;
  const same = verb(second) === verb(first);
  return `${told} and ${same ? "" : `${verb(second)} `}${nameOf(second.item, reasons)}`;
}

function regret(reasons: Reasons): string {
  const skips = ofKind(reasons.terms, "skip");
  const taken = -sum(skips);
  const given = sum(reasons.terms.filter(({ value }) => value > 0));
  if (skips.length === 0 || taken <= 0 || taken < WORTH_REGRETTING * given) return "";
  const strongest = skips.reduce((most, each) => (each.value < most.value ? each : most));
  return `, although you passed over ${nameOf(strongest.item, reasons)}`;
}

function afterthought(moved: Moved | undefined): string {
  if (moved === undefined) return "";
  return moved === "boosted" ? `; ${OPERATOR} moved it up` : `; ${OPERATOR} moved it down`;
}

function nameOf(item: string, { titleOf }: Reasons): string {
  const title = titleOf(item)?.trim();
  if (!title) return "another item";
  const characters = [...title];
  return characters.length <= MAX_TITLE_CHARS ? title : `${characters.slice(0, MAX_TITLE_CHARS - 1).join("")}…`;
}

type TermOf<K extends Term["kind"]> = Extract<Term, { readonly kind: K }>;
type EventTerm = TermOf<"event">;

function ofKind<K extends "event" | "skip" | "adjustment">(terms: readonly Term[], kind: K): TermOf<K>[] {
  return terms.filter((term): term is TermOf<K> => term.kind === kind);
}

function largest<T extends Term>(terms: readonly T[]): T {
  return terms.reduce((most, each) => (each.value > most.value ? each : most));
}

function sum(terms: readonly Term[]): number {
  return terms.reduce((total, { value }) => total + value, 0);
}
