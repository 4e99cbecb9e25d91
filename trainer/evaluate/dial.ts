/**
 * The diversity dial as a curve: what lists gain in variety, and lose in what people wanted, from one setting to the next.
 *
 * One list of `LIST` is selected for each held-out event at each setting, as devices select it, without exploration. NDCG
 * looks at its first ten. Intra-list distance is the mean of 1 − cosine over all pairs of its items (Ziegler et al. 2005, §3);
 * calibration is KL(p ‖ q̃) between the person's shares of the categories and the list's (Steck 2018, eq. 6).
 */
import { arrange } from "../../shared/arrange.ts";
import { categoryShares } from "../../shared/calibration.ts";
import { interestAt } from "../../shared/interest.ts";
import type { ItemTable } from "../../shared/item-table.ts";
import { scoreLinear } from "../../shared/linear-score.ts";
import { DEEP_CANDIDATES } from "../../shared/rank.ts";
import { topK } from "../../shared/top-k.ts";
import { createBreath } from "../breath.ts";
import { createRandom, shuffle } from "../math/random.ts";
import { createBootstrap, type Estimate, gatherPeople } from "./bootstrap.ts";
import { ndcgOf } from "./metrics.ts";
import type { ReplayOptions, Scorer } from "./replay.ts";
import { walkLists } from "./walk.ts";

/** Settings of the dial, beside the release's own. The first is the order of the scores, which the others are held against. */
export const DIALS = [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1] as const;

/** Length of the lists whose variety is measured. */
const LIST = 20;

/** Of the person's own shares, in the list's: a category that the list lacks would otherwise cost infinitely much. */
const SMOOTHING = 0.01;

export interface DialPoint {
  readonly dial: number;
  /** Of the first ten. */
  readonly ndcg: Estimate;
  /** NDCG over that of the order of the scores, less 1. */
  readonly change: Estimate;
  /** Mean of 1 − cosine over the pairs of a list, 0–2. */
  readonly distance: Estimate;
  /** Distance over that of the order of the scores, less 1. */
  readonly variety: Estimate;
  /** KL divergence of the list's categories from the person's; nats, less is nearer. */
  readonly divergence: Estimate;
}

export interface DialOptions extends Omit<ReplayOptions, "scorers" | "asSet" | "isTarget"> {
  readonly scorer: Scorer;
  /** At most so many people, drawn by the seed. */
  readonly people: number;
  readonly seed: number;
}

/** @returns a point for each of `DIALS` and for the release's own setting; none where there is no target */
export async function dialCurve(options: DialOptions): Promise<DialPoint[]> {
  const { assembly, model, scorer, people, seed, ranges, onTarget } = options;
  const { table } = assembly;
  const dials = [...new Set([...DIALS, model.selection.diversity])].sort((a, b) => a - b);
  const breathe = createBreath(options.signal);
  const drawn = shuffle([...ranges], createRandom(seed)).slice(0, people);
  const sums = dials.map(() => gatherPeople(["ndcg", "distance", "divergence"]));
  let done = 0;
  for (const list of walkLists({ ...options, ranges: drawn })) {
    await breathe();
    const interest = interestAt(list.profile, model, list.now);
    const scores = await scorer(list, interest, scoreLinear(table, interest, model));
    const open = Float32Array.from(scores, (score, row) => (list.seen[row] ? -Infinity : score));
    const candidates = Array.from(topK(open, DEEP_CANDIDATES), (row) => ({ row, score: scores[row] }));
    const shares = categoryShares(interest);
    for (const [d, diversity] of dials.entries()) {
      const { list: arranged } = arrange(table, interest, model, candidates, { count: LIST, diversity });
      const rows = arranged.map(({ candidate }) => candidate.row);
      const place = rows.indexOf(list.rows[0]);
      sums[d].add(list.user, "ndcg", place < 0 ? 0 : ndcgOf(place + 1));
      sums[d].add(list.user, "distance", intraListDistance(table, rows));
      if (shares) sums[d].add(list.user, "divergence", divergence(table, rows, shares));
    }
    done++;
    onTarget?.(done);
  }
  if (done === 0) return [];
  const made = sums.map((of) => of.sums());
  const bootstrap = createBootstrap(
    made.flatMap((of) => [of.ndcg, of.distance, of.divergence]),
    seed,
  );
  return made.map((of, d): DialPoint => ({
    dial: dials[d],
    ndcg: bootstrap.estimate(of.ndcg),
    change: lessOne(bootstrap.ratio(of.ndcg, made[0].ndcg)),
    distance: bootstrap.estimate(of.distance),
    variety: lessOne(bootstrap.ratio(of.distance, made[0].distance)),
    divergence: bootstrap.estimate(of.divergence),
  }));
}

/** Mean of 1 − cosine over all pairs; 0 for a list without pairs. */
export function intraListDistance(table: ItemTable, rows: readonly number[]): number {
  const { dim, vectors, scale } = table.columns;
  // Σ over pairs of cosines = (‖Σ unit‖² − Σ ‖unit‖²) / 2: one pass instead of one a pair.
  const sum = new Float64Array(dim);
  let own = 0;
  for (const row of rows) {
    const norm = table.vectorNorm[row];
    if (norm === 0) continue;
    own++;
    for (let j = 0; j < dim; j++) sum[j] += (vectors[row * dim + j] * scale[row]) / norm;
  }
  const pairs = (rows.length * (rows.length - 1)) / 2;
  const cosines = (sum.reduce((total, value) => total + value ** 2, 0) - own) / 2;
  return pairs === 0 ? 0 : 1 - cosines / pairs;
}

/** KL(p ‖ q̃) of a list of these rows from the shares p. `[categories]` */
export function divergence(table: ItemTable, rows: readonly number[], shares: Float64Array): number {
  const { category, categoryStart } = table.columns;
  const held = new Float64Array(shares.length);
  let items = 0;
  for (const row of rows) {
    const [from, to] = [categoryStart[row], categoryStart[row + 1]];
    if (from === to) continue;
    items++;
    for (let at = from; at < to; at++) held[category[at]] += 1 / (to - from);
  }
  let sum = 0;
  for (const [g, p] of shares.entries()) {
    if (p === 0) continue;
    const q = items === 0 ? 0 : held[g] / items;
    sum += p * Math.log(p / ((1 - SMOOTHING) * q + SMOOTHING * p));
  }
  return sum;
}

function lessOne({ mean, low, high }: Estimate): Estimate {
  return { mean: mean - 1, low: low - 1, high: high - 1 };
}
