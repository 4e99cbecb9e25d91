import { beforeAll, expect, test } from "vitest";
import { dropoutMasks } from "../../../../trainer/deep/dropout.ts";
import { startJax } from "../../../../trainer/deep/jax.ts";
import { createRandom } from "../../../../trainer/math/random.ts";

beforeAll(startJax);

test.each([0.1, 0.5])("a share of %f is off, the mean is kept, and no two masks or neighbours go together", (share) => {
  const size = 400_001;
  const masks = dropoutMasks(2, size, share, createRandom(3)).map((mask) => [...mask]);
  for (const mask of masks) {
    expect(mask.filter((x) => x === 0).length / size).toBeCloseTo(share, 2);
    expect(mask.reduce((a, b) => a + b) / size).toBeCloseTo(1, 1);
    for (let lag = 1; lag <= 4; lag++) {
      const both = mask.filter((x, i) => x === 0 && mask[i + lag] === 0).length;
      expect(both / size).toBeCloseTo(share ** 2, 2);
    }
  }
  expect(masks[0].filter((x, i) => x === 0 && masks[1][i] === 0).length / size).toBeCloseTo(share ** 2, 2);
});
