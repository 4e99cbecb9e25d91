/**
 * The exact twin of signals, posterior and profile: the formulas of the design written out with loops over all pairs of
 * events, and nothing kept between two calls. Slow, and easy to check by eye.
 */
import type { Event } from "../../../../shared/event.ts";
import type { KnownItem } from "../../../../shared/interest.ts";
import type { ProfileConstants, TimeScale } from "../../../../shared/posterior.ts";
import type { LoggedEvent } from "../../../../shared/profile.ts";
import type { SignalTable } from "../../../../shared/signals.ts";

export interface TwinSignal {
  readonly event: string;
  readonly item: string;
  readonly at: number;
  readonly y: number;
  readonly c: number;
  readonly r: number;
  readonly explicit: boolean;
  readonly known: KnownItem;
}

const inOrder = (a: { at: number; id: string }, b: { at: number; id: string }) =>
  a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** One signal per (list, item) of what was not taken back, in the order of (at, id). */
export function twinSignals(log: readonly LoggedEvent[], table: SignalTable): TwinSignal[] {
  const undos = log.filter(({ event }) => event.type === "undo").map(({ event }) => event as Event & { event: string });
  const isUndone = (id: string): boolean => undos.some((undo) => undo.event === id && !isUndone(undo.id));
  const cards = new Map<string, { signal: TwinSignal; id: string; at: number }[]>();
  const seen = new Set<string>();
  for (const { event, known } of log) {
    if (!known || isUndone(event.id) || seen.has(event.id)) continue;
    seen.add(event.id);
    const said = twinSignal(event, known, table);
    if (!said) continue;
    const card = `${event.list ?? ""}\u0000${event.item}`;
    cards.set(card, [...(cards.get(card) ?? []), { signal: said, id: event.id, at: event.at }]);
  }
  const standing = [...cards.values()].map((all) => {
    const ordered = all.sort(inOrder);
    const explicit = ordered.filter(({ signal }) => signal.explicit);
    if (explicit.length > 0) return explicit[explicit.length - 1]!;
    const largest = Math.max(...ordered.map(({ signal }) => signal.c));
    return ordered.filter(({ signal }) => signal.c === largest).at(-1)!;
  });
  return standing.sort(inOrder).map(({ signal }) => signal);
}

function twinSignal(event: Event, known: KnownItem, table: SignalTable): TwinSignal | undefined {
  const rule = table[event.type];
  if (!rule) return undefined;
  let step: { target: number; confidence: number; repel: number } | undefined;
  if (rule.measure === undefined) {
    step = rule.steps[0];
  } else {
    const measured = (event as unknown as Record<string, number | undefined>)[rule.measure];
    const steps = measured === undefined ? (rule.dwellSteps ?? []) : rule.steps;
    const reached = measured ?? (event as { dwellMs?: number }).dwellMs;
    if (reached === undefined) return undefined;
    for (const each of steps) if (each.from === undefined || reached >= each.from) step = each;
  }
  if (!step) return undefined;
  const { id, item, at } = event;
  const { target: y, confidence: c, repel: r } = step;
  return { event: id, item, at, y, c, r, explicit: rule.explicit, known };
}

/** w = c · 2^(−positives_since/h_n) · 2^(−time_since/h_t) of every signal. */
export function twinWeights(signals: readonly TwinSignal[], scale: TimeScale, now: number): number[] {
  return signals.map((signal, e) => {
    let positivesSince = 0;
    for (let later = e + 1; later < signals.length; later++) if (signals[later]!.y > 0) positivesSince++;
    const byCount = scale.halfLifePositives === null ? 1 : Math.pow(2, -positivesSince / scale.halfLifePositives);
    const byTime = scale.halfLifeMs === null ? 1 : Math.pow(2, -(now - signal.at) / scale.halfLifeMs);
    return signal.c * byCount * byTime;
  });
}

export interface TwinPosterior {
  /** A, `[d][d]`. */
  readonly a: number[][];
  readonly u: number[];
}

/** A = Σ w v vᵀ + αG + λ(Σw + α|I|)^ν I, b = Σ w y v, u = A⁻¹ b. */
export function twinPosterior(
  signals: readonly TwinSignal[],
  scale: TimeScale,
  constants: ProfileConstants,
  gram: ArrayLike<number>,
  now: number,
): TwinPosterior {
  const { alpha, lambda, nu, catalogueSize } = constants;
  const d = Math.sqrt(gram.length);
  const w = twinWeights(signals, scale, now);
  const ridge = lambda * Math.pow(w.reduce((sum, each) => sum + each, 0) + alpha * catalogueSize, nu);
  const a = matrix(d, (i, j) => {
    let sum = alpha * gram[i * d + j]! + (i === j ? ridge : 0);
    signals.forEach(({ known: { vector } }, e) => (sum += w[e]! * vector[i]! * vector[j]!));
    return sum;
  });
  const b = Array.from({ length: d }, (_, i) => {
    let sum = 0;
    signals.forEach(({ y, known: { vector } }, e) => (sum += w[e]! * y * vector[i]!));
    return sum;
  });
  return { a, u: solve(a, b) };
}

/** A_e = Σ w v vᵀ + λ(α|I|)^ν I. */
export function twinEvidence(
  signals: readonly TwinSignal[],
  scale: TimeScale,
  constants: ProfileConstants,
  d: number,
  now: number,
): number[][] {
  const w = twinWeights(signals, scale, now);
  const ridge = constants.lambda * Math.pow(constants.alpha * constants.catalogueSize, constants.nu);
  return matrix(d, (i, j) => {
    let sum = i === j ? ridge : 0;
    signals.forEach(({ known: { vector } }, e) => (sum += w[e]! * vector[i]! * vector[j]!));
    return sum;
  });
}

/** Gaussian elimination with partial pivoting. */
export function solve(a: readonly (readonly number[])[], b: ArrayLike<number>): number[] {
  const d = a.length;
  const rows = a.map((row, i) => [...row, b[i]!]);
  for (let column = 0; column < d; column++) {
    let pivot = column;
    for (let i = column; i < d; i++) if (Math.abs(rows[i]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = i;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let i = 0; i < d; i++) {
      if (i === column) continue;
      const factor = rows[i]![column]! / rows[column]![column]!;
      for (let j = column; j <= d; j++) rows[i]![j]! -= factor * rows[column]![j]!;
    }
  }
  return rows.map((row, i) => row[d]! / row[i]!);
}

function matrix(d: number, at: (i: number, j: number) => number): number[][] {
  return Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_unused, j) => at(i, j)));
}
