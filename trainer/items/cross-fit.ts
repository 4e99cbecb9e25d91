/**
 * Cross-fitting: first-stage scores of users whose own events did not train the first stage.
 *
 * Without it a ranker learns to trust scores that have seen the answer, which they never have when it matters. Each fold's
 * vectors live in a space of their own; a d×d least-squares map brings them to the common one.
 */
import { fitLinearMap } from "../math/least-squares.ts";
import { createRandom, shuffle } from "../math/random.ts";
import type { Dataset } from "../read/dataset.ts";
import { type Assembly, assembleLike } from "./assemble.ts";
import { fitItems, type ItemModel, type ItemOptions } from "./fit-items.ts";
import { rotateRows } from "./gram.ts";

export interface CrossFit {
  /** Fold of each user. `[users]` */
  readonly foldOf: Uint8Array;
  /** For each fold the items as learnt from all other folds' users, in the common assembly's rows and space. */
  readonly assemblies: readonly Assembly[];
}

export interface CrossFitOptions extends Omit<ItemOptions, "isUsed"> {
  readonly folds: number;
  readonly onFold?: (done: number, total: number) => void;
}

/**
 * @param dataset what the common model was learnt from
 * @param common the model of all users, and its assembly
 */
export async function crossFit(
  dataset: Dataset,
  common: { readonly items: ItemModel; readonly assembly: Assembly },
  options: CrossFitOptions,
): Promise<CrossFit> {
  const { folds, seed, onFold } = options;
  const foldOf = assignFolds(dataset.users.length, folds, seed);
  const assemblies: Assembly[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const model = await fitItems(dataset, { ...options, isUsed: (user) => foldOf[user] !== fold });
    const map = fitLinearMap(model.vectors, common.items.vectors, model.history, model.dim);
    rotateRows(model.vectors, model.dim, map, 0, dataset.items.length);
    assemblies.push(await assembleLike(common.assembly, dataset.items, model));
    onFold?.(fold + 1, folds);
  }
  return { foldOf, assemblies };
}

/** Folds of equal size, drawn by the seed. */
function assignFolds(users: number, folds: number, seed: number): Uint8Array {
  const foldOf = new Uint8Array(users);
  shuffle(
    Uint32Array.from({ length: users }, (_, u) => u),
    createRandom(seed),
  ).forEach((user, i) => (foldOf[user] = i % folds));
  return foldOf;
}
