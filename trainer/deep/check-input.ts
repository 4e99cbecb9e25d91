/** Refuses input that does not fit together, before it becomes a wrong model. */
import { NearfeedError } from "../../shared/errors.ts";
import {
  type DeepInput,
  type DeepSequence,
  type RankGroup,
  type RankInput,
  SHOWN_CANDIDATES,
  type ShownInput,
} from "./deep-input.ts";
import { CONTEXT_SIZE, ENCODER_HEADS, SIGNAL_SIZE } from "./model-shape.ts";

/** Sizes that hold for the whole input. */
export interface InputShape {
  readonly items: number;
  readonly candidates: number;
  readonly features: number;
}

/** @throws NearfeedError `bad_value` with the path of what does not fit */
export function checkDeepInput({ dim, vectors, sequences, heldOut }: DeepInput): void {
  expect(dim % ENCODER_HEADS === 0 && dim > 0, "dim", `a positive multiple of ${ENCODER_HEADS}`, dim);
  expect(vectors.length % dim === 0 && vectors.length > 0, "vectors", `rows of ${dim} values`, vectors.length);
  const items = vectors.length / dim;
  sequences.forEach((each, i) => checkSequence(each, `sequences.${i}`, items));
  heldOut.forEach(({ sequence, targetsFrom }, i) => {
    checkSequence(sequence, `heldOut.${i}.sequence`, items);
    const count = sequence.item.length;
    expect(targetsFrom >= 0 && targetsFrom <= count, `heldOut.${i}.targetsFrom`, `in 0–${count}`, targetsFrom);
  });
}

function checkSequence({ item, signal, context, at }: DeepSequence, path: string, items: number): void {
  const count = item.length;
  expect(signal.length === count * SIGNAL_SIZE, `${path}.signal`, `${count * SIGNAL_SIZE} values`, signal.length);
  expect(context.length === count * CONTEXT_SIZE, `${path}.context`, `${count * CONTEXT_SIZE} values`, context.length);
  expect(at.length === count, `${path}.at`, `${count} values`, at.length);
  expect(
    item.every((row) => row < items),
    `${path}.item`,
    `rows below ${items}`,
    "one beyond",
  );
}

/** @throws NearfeedError `bad_value` with the path of what does not fit */
export function checkRankInput({ vectors, groups }: RankInput, dim: number, events: number): InputShape {
  expect(vectors.length % dim === 0 && vectors.length > 0, "vectors", `rows of ${dim} values`, vectors.length);
  const items = vectors.length / dim;
  expect(groups.length > 0, "groups", "at least one", 0);
  const candidates = groups[0].candidate.length;
  const features = groups[0].feature.length / candidates;
  groups.forEach((group, i) => checkGroup(group, `groups.${i}`, { items, candidates, features }, events));
  return { items, candidates, features };
}

/**
 * @returns f, the columns of a candidate
 * @throws NearfeedError `bad_value` with the path of what does not fit
 */
export function checkShownInput(
  { heads, reads, surfaces, groups }: ShownInput,
  vectors: Float32Array,
  dim: number,
): number {
  expect(heads.length > 0, "shown.heads", "at least one", 0);
  expect(groups.length > 0, "shown.groups", "at least one", 0);
  const items = vectors.length / dim;
  const features = groups[0].feature.length / groups[0].candidate.length;
  expect(
    reads.every((column) => column >= 0 && column < features),
    "shown.reads",
    `columns below ${features}`,
    reads.join(", "),
  );
  groups.forEach(({ candidate, feature, linear, label, position, weight, surface }, i) => {
    const path = `shown.groups.${i}`;
    const k = candidate.length;
    expect(k > 0 && k <= SHOWN_CANDIDATES, `${path}.candidate`, `1–${SHOWN_CANDIDATES} rows`, k);
    expect(feature.length === k * features, `${path}.feature`, `${k * features} values`, feature.length);
    expect(feature.every(Number.isFinite), `${path}.feature`, "finite values", "NaN or infinity");
    expect(linear.length === k, `${path}.linear`, `${k} values`, linear.length);
    expect(label.length === k * heads.length, `${path}.label`, `${k * heads.length} values`, label.length);
    expect(position.length === k, `${path}.position`, `${k} values`, position.length);
    const counts = weight.length === k && weight.every((each) => each > 0 && Number.isFinite(each));
    expect(counts, `${path}.weight`, `${k} values above 0`, weight.join(", "));
    const fits = surface.length === k && surface.every((place) => place <= surfaces.length);
    expect(fits, `${path}.surface`, `${k} values up to ${surfaces.length}`, surface.join(", "));
    expect(
      candidate.every((row) => row < items),
      `${path}.candidate`,
      `rows below ${items}`,
      "one beyond",
    );
  });
  return features;
}

function checkGroup(group: RankGroup, path: string, shape: InputShape, events: number): void {
  const { items, candidates, features } = shape;
  const { history, candidate, feature, linear, logSampling, context, wanted } = group;
  const kept = history.item.length;
  expect(kept <= events, `${path}.history.item`, `at most ${events} events`, kept);
  expect(
    history.signal.length === kept * SIGNAL_SIZE,
    `${path}.history.signal`,
    `${kept * SIGNAL_SIZE} values`,
    history.signal.length,
  );
  expect(history.age.length === kept, `${path}.history.age`, `${kept} values`, history.age.length);
  expect(context.length === CONTEXT_SIZE, `${path}.context`, `${CONTEXT_SIZE} values`, context.length);
  expect(candidate.length === candidates, `${path}.candidate`, `${candidates} rows`, candidate.length);
  expect(
    feature.length === candidates * features,
    `${path}.feature`,
    `${candidates * features} values`,
    feature.length,
  );
  expect(linear.length === candidates, `${path}.linear`, `${candidates} values`, linear.length);
  expect(logSampling.length === candidates, `${path}.logSampling`, `${candidates} values`, logSampling.length);
  expect(wanted >= 0 && wanted < candidates, `${path}.wanted`, `in 0–${candidates - 1}`, wanted);
  expect(
    candidate.every((row) => row < items),
    `${path}.candidate`,
    `rows below ${items}`,
    "one beyond",
  );
  expect(feature.every(Number.isFinite), `${path}.feature`, "finite values", "NaN or infinity");
}

function expect(holds: boolean, path: string, expected: string, got: unknown): void {
  if (!holds) throw new NearfeedError("bad_value", `${path}: expected ${expected}, got ${String(got)}.`, { path });
}
