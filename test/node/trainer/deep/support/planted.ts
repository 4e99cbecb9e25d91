/**
 * A log with a law in it: vectors lie on a few orbits of one rotation, and who liked an item likes the next of its orbit
 * soon. Features and linear scores say nothing, so only the histories can tell.
 */
import type { DeepInput, DeepSequence, HeldOutSequence, RankGroup } from "../../../../../trainer/deep/deep-input.ts";
import { below, createRandom, normal } from "../../../../../trainer/math/random.ts";

export const ITEMS = 120;
export const ORBIT = 24;
export const DIM = 16;
export const FEATURES = 6;
export const CANDIDATES = 16;
const USERS = 120;
const LENGTH = 24;
/** Events that are learnt from; the others are held out. */
const LEARNT = 16;
const GROUPS_PER_USER = 8;
const EVENTS = 16;

export function nextOnOrbit(item: number): number {
  return item - (item % ORBIT) + ((item + 1) % ORBIT);
}

export interface PlantedInput extends DeepInput {
  readonly groups: readonly RankGroup[];
}

export function plantedInput(seed: number): PlantedInput {
  const random = createRandom(seed);
  const vectors = orbitVectors(random);
  const sequences: DeepSequence[] = [];
  const heldOut: HeldOutSequence[] = [];
  const groups: RankGroup[] = [];
  for (let user = 0; user < USERS; user++) {
    const item = new Uint32Array(LENGTH);
    item[0] = below(random, ITEMS);
    for (let e = 1; e < LENGTH; e++) item[e] = nextOnOrbit(item[e - 1]);
    const at = Float64Array.from(item, (_, e) => e * 60_000);
    const signal = Float32Array.from({ length: LENGTH * 4 }, (_, i) => (i % 4 === 2 ? 0 : 1));
    const context = Float32Array.from({ length: LENGTH * 5 }, (_, i) => [1 / 60, 12, 2, Math.floor(i / 5), 0][i % 5]);
    const sequence = { item, signal, at, context };
    heldOut.push({ sequence, targetsFrom: LEARNT });
    sequences.push({
      item: item.slice(0, LEARNT),
      signal: signal.slice(0, LEARNT * 4),
      at: at.slice(0, LEARNT),
      context: context.slice(0, LEARNT * 5),
    });
    for (let g = 0; g < GROUPS_PER_USER; g++)
      groups.push(groupAt(user, sequence, LEARNT + below(random, LENGTH - LEARNT), random));
  }
  // The refined vectors are left to the query: the groups are made of nothing that depends on them.
  return { dim: DIM, vectors, sequences, heldOut, groups, rank: async (refined) => ({ vectors: refined, groups }) };
}

/** Groups that training never saw, of the same law. */
export function groupAt(
  user: number,
  { item, signal, at, context }: DeepSequence,
  end: number,
  random: () => number,
): RankGroup {
  const from = Math.max(0, end - EVENTS);
  const wanted = below(random, CANDIDATES);
  const candidate = Uint32Array.from({ length: CANDIDATES }, () => below(random, ITEMS));
  candidate[wanted] = item[end];
  return {
    user,
    history: {
      item: item.slice(from, end),
      signal: signal.slice(from * 4, end * 4),
      age: Float32Array.from(at.slice(from, end), (time) => (at[end - 1] - time) / 3_600_000),
    },
    context: context.slice(end * 5, (end + 1) * 5),
    candidate,
    feature: Float32Array.from({ length: CANDIDATES * FEATURES }, () => normal(random)),
    linear: Float32Array.from({ length: CANDIDATES }, () => normal(random)),
    logSampling: new Float32Array(CANDIDATES),
    wanted,
  };
}

/** Each pair of dimensions turns by its own angle from one item of an orbit to the next. */
function orbitVectors(random: () => number): Float32Array {
  const vectors = new Float32Array(ITEMS * DIM);
  for (let orbit = 0; orbit < ITEMS / ORBIT; orbit++) {
    const phases = Array.from({ length: DIM / 2 }, () => 2 * Math.PI * random());
    for (let i = 0; i < ORBIT; i++) {
      phases.forEach((phase, pair) => {
        const angle = phase + (2 * Math.PI * (pair + 1) * i) / ORBIT;
        vectors.set([Math.cos(angle), Math.sin(angle)], (orbit * ORBIT + i) * DIM + 2 * pair);
      });
    }
  }
  return vectors;
}
