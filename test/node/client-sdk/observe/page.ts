/**
 * A page of cards under observation: `observed-page.ts` bundles it and opens it in Chromium, to be scrolled from outside.
 * Beside the observer it keeps a twin: what was on the screen in every frame that was drawn.
 */
import { createObserver } from "../../../../client-sdk/observe/observer.ts";
import type { Entry } from "../../../../client-sdk/index.ts";

/** What the observer told. */
export interface Told {
  readonly type: string;
  readonly item: string;
  readonly event: string;
  readonly details: { readonly dwellMs?: number; readonly fraction?: number };
}

/** In how many frames, and for how long without a break, at least half of a card was on the screen. */
export interface Drawn {
  frames: number;
  longestMs: number;
  totalMs: number;
}

const asked = new URLSearchParams(location.search);
const count = Number(asked.get("cards") ?? 40);
const list = document.createElement("main");
list.style.cssText = asked.get("style") ?? "";
document.body.append(list);

/** Survives the page: what is told when a page goes is told in time, or never. */
function tell(told: Told): void {
  const before = JSON.parse(sessionStorage.getItem("told") ?? "[]") as Told[];
  sessionStorage.setItem("told", JSON.stringify([...before, told]));
}

let events = 0;
const held = new Set<string>();
const errors: unknown[] = [];
const observer = createObserver<object>({
  track(type, entry, details) {
    const event = `${type}-${events++}`;
    tell({ type, item: entry.id, event, details });
    return event;
  },
  undo: (event) => tell({ type: "undo", item: "", event, details: {} }),
  hold: (_, card) => void held.add(card),
  release: (card) => void held.delete(card),
  report: (error) => void errors.push(error),
  // Slower than the real one, where a test must do something within a second of it on a machine that is busy.
  now: () => performance.now() * Number(asked.get("clock") ?? 1),
});

function entryOf(id: string, position = 0, of = "list"): Entry<object> {
  return { id, item: {}, list: of, position, score: 0, sources: [] };
}

function addCard(id: string): HTMLElement {
  const card = document.createElement("article");
  card.id = id;
  card.textContent = id;
  card.style.cssText = asked.get("card") ?? "height: 400px";
  list.append(card);
  return card;
}

const ends = Array.from({ length: count }, (_, i) => observer.observe(addCard(`card-${i}`), entryOf(`card-${i}`, i)));

const drawn = new Map<string, Drawn & { since: number | undefined }>();
if (asked.has("twin")) requestAnimationFrame(draw);
function draw(at: number): void {
  for (const card of list.children) {
    const { top, bottom, height } = card.getBoundingClientRect();
    const part = Math.min(bottom, innerHeight) - Math.max(top, 0);
    const known = drawn.get(card.id) ?? { frames: 0, longestMs: 0, totalMs: 0, since: undefined };
    drawn.set(card.id, known);
    if (part >= 0.5 * Math.min(height, innerHeight)) {
      known.frames++;
      known.since ??= at;
      known.longestMs = Math.max(known.longestMs, at - known.since);
    } else if (known.since !== undefined) {
      known.totalMs += at - known.since;
      known.since = undefined;
    }
  }
  requestAnimationFrame(draw);
}

/** A silent sound of this length, which plays without a file or a gesture. */
function silence(seconds: number): string {
  const rate = 8_000;
  const bytes = new DataView(new ArrayBuffer(44 + rate * seconds));
  const text = (at: number, word: string) => [...word].forEach((c, i) => bytes.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF");
  bytes.setUint32(4, 36 + rate * seconds, true);
  text(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true);
  bytes.setUint16(22, 1, true);
  bytes.setUint32(24, rate, true);
  bytes.setUint32(28, rate, true);
  bytes.setUint16(32, 1, true);
  bytes.setUint16(34, 8, true);
  text(36, "data");
  bytes.setUint32(40, rate * seconds, true);
  for (let i = 44; i < bytes.byteLength; i++) bytes.setUint8(i, 128);
  return URL.createObjectURL(new Blob([bytes], { type: "audio/wav" }));
}

const page = { observer, entryOf, addCard, ends, drawn, held, errors, silence };
export type ObservedPage = typeof page;
Object.assign(globalThis, { observed: page });
