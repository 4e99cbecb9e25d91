/**
 * Neighbour lists by ridge regression: the next item is predicted from a decayed window of the items before it,
 * `B = (SᵀS + λI)⁻¹ SᵀT`, and an item's list holds the strongest of its row of B. Unlike co-occurrence (`neighbours.ts`)
 * what two items of the window both explain is counted once. Dense algebra over the catalogue, so for small ones only.
 */
import type { Dataset } from "../read/dataset.ts";
import { createBreath } from "../breath.ts";
import { solveInPlace } from "../math/dense-solve.ts";
import type { EventSignals } from "./event-signals.ts";
import type { NeighbourLists } from "./neighbours.ts";

export interface RidgeNeighbourOptions {
  /** Positives before an item that predict it. */
  readonly window: number;
  /** Weight of a step further back. */
  readonly decay: number;
  /** λ: events by which a prediction is drawn to zero. */
  readonly regularization: number;
  /** Longest list. */
  readonly perItem: number;
}

/** Lists of 32, 64 and 128 alone: NDCG@10 .1470, .1496 and .1510 on validation of MovieLens-1M. 64 fit the bytes of an item. */
export const DEFAULT_RIDGE: RidgeNeighbourOptions = { window: 10, decay: 0.8, regularization: 100, perItem: 64 };

/** Items up to which the two n×n matrices (400 MB) and the n³ work (two minutes of one core) are worth it. */
export const RIDGE_MOST_ITEMS = 5_000;

/**
 * @param isUsed which users count; all by default
 * @throws the signal's reason once it is aborted
 */
export async function fitRidgeNeighbours(
  dataset: Dataset,
  signals: EventSignals,
  options: RidgeNeighbourOptions,
  isUsed: (user: number) => boolean = () => true,
  signal?: AbortSignal,
): Promise<NeighbourLists> {
  const n = dataset.items.length;
  const breathe = createBreath(signal);
  const { moments, followers } = await sumMoments(dataset, signals, options, isUsed, breathe);
  await solveInPlace(moments, n, followers, breathe);
  return strongest(followers, n, options.perItem);
}

/** `moments` SᵀS + λI, lower triangle; `followers` (SᵀT)ᵀ: row i holds what came before item i. Both `[n, n]`. */
async function sumMoments(
  dataset: Dataset,
  { target, confidence }: EventSignals,
  { window, decay, regularization }: RidgeNeighbourOptions,
  isUsed: (user: number) => boolean,
  breathe: () => Promise<void> | undefined,
) {
  const { start, item } = dataset.events;
  const n = dataset.items.length;
  const moments = new Float64Array(n * n);
  const followers = new Float64Array(n * n);
  const fades = Float64Array.from({ length: window }, (_, back) => decay ** back);
  for (let user = 0; user < dataset.users.length; user++) {
    if (!isUsed(user)) continue;
    await breathe();
    const rows: number[] = [];
    const pulls: number[] = [];
    for (let e = start[user]; e < start[user + 1]; e++) {
      const pull = target[e] * confidence[e];
      if (pull <= 0) continue;
      const next = rows.length;
      const first = Math.max(0, next - window);
      for (let i = first; i < next; i++) {
        // A moment counts as much as what it led to was wanted.
        const x = pull * pulls[i] * fades[next - 1 - i];
        followers[item[e] * n + rows[i]] += x;
        for (let j = first; j <= i; j++) {
          const [low, high] = rows[i] < rows[j] ? [rows[i], rows[j]] : [rows[j], rows[i]];
          moments[high * n + low] += x * pulls[j] * fades[next - 1 - j] * (i !== j && low === high ? 2 : 1);
        }
      }
      rows.push(item[e]);
      pulls.push(pull);
    }
  }
  for (let i = 0; i < n; i++) moments[i * n + i] += regularization;
  return { moments, followers };
}

/** Of each item e the largest positive B[e, i], i ≠ e. @param solved Bᵀ */
function strongest(solved: Float64Array, n: number, perItem: number): NeighbourLists {
  const neighbour = Uint32Array.from({ length: n * perItem }, (_, slot) => Math.floor(slot / perItem));
  const weight = new Float32Array(n * perItem);
  for (let item = 0; item < n; item++) {
    const followers: number[] = [];
    for (let other = 0; other < n; other++) {
      if (other !== item && solved[other * n + item] > 0) followers.push(other);
    }
    followers.sort((a, b) => solved[b * n + item] - solved[a * n + item] || a - b);
    followers.slice(0, perItem).forEach((other, slot) => {
      neighbour[item * perItem + slot] = other;
      weight[item * perItem + slot] = solved[other * n + item];
    });
  }
  return { perItem, neighbour, weight };
}
