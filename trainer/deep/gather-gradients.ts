/** What several batches say, as slopes of the parameters of a step: the mean of their weights' slopes, the sum of their vectors'. */
import type { Gradient, GradientTask } from "./encoder-gradient.ts";
import type { TargetSizes } from "./encoder-batches.ts";
import type { EncoderSpace } from "./encoder-kernel.ts";

export interface GradientGatherer {
  /** @param into in the kernel's memory */
  meanWeights(gradients: readonly Pick<Gradient, "weights">[], into: Float32Array): void;
  /** Every item's slope, from wherever it stands in a batch. @param into `[n, d]` in the kernel's memory */
  sumVectors(
    gradients: readonly Pick<Gradient, "event" | "target" | "other">[],
    tasks: readonly { readonly batch: Pick<GradientTask["batch"], "eventItem" | "targetItem" | "otherItem"> }[],
    into: Float32Array,
  ): void;
}

export function createGradientGatherer(
  { kernel, arrays }: EncoderSpace,
  weights: number,
  { size, rows, dim, others }: TargetSizes,
): GradientGatherer {
  const places = Math.max(size * rows, others);
  const row = arrays.words(places);
  const slope = arrays.floats(Math.max(places * dim, weights));
  return {
    meanWeights(gradients, into) {
      into.fill(0);
      for (const { weights: given } of gradients) {
        slope.set(given);
        kernel.addScaled(into.byteOffset, slope.byteOffset, 1 / gradients.length, given.length);
      }
    },
    sumVectors(gradients, tasks, into) {
      into.fill(0);
      gradients.forEach(({ event, target, other }, i) => {
        const { eventItem, targetItem, otherItem } = tasks[i].batch;
        add(eventItem, event, into);
        add(targetItem, target, into);
        add(otherItem, other, into);
      });
    },
  };

  function add(item: Float32Array, from: Float32Array, into: Float32Array): void {
    row.set(item);
    slope.set(from);
    kernel.scatter(into.byteOffset, slope.byteOffset, row.byteOffset, item.length, dim);
  }
}
