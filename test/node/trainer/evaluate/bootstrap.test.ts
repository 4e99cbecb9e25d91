import { expect, test } from "vitest";
import { createBootstrap, gatherPeople } from "../../../../trainer/evaluate/bootstrap.ts";

test("metrics gathered by person have the same people in the same order, also those who have no value of one", () => {
  const people = gatherPeople(["hit", "distance"]);
  people.add(7, "hit", 1);
  people.add(3, "hit", 0);
  people.add(3, "distance", 0.5);
  people.add(7, "hit", 0);
  const { hit, distance } = people.sums();
  expect([...hit.sum, ...hit.count]).toEqual([1, 0, 2, 1]);
  expect([...distance.sum, ...distance.count]).toEqual([0, 0.5, 0, 1]);
  const bootstrap = createBootstrap([hit, distance], 1);
  expect(bootstrap.estimate(hit).mean).toBeCloseTo(1 / 3);
  expect(bootstrap.estimate(distance).mean).toBe(0.5);
});
