import { describe, expect, test } from "vitest";
import type { Dataset } from "../../../../trainer/read/dataset.ts";
import { splitLast, splitSets } from "../../../../trainer/split/split.ts";
import { makeDataset } from "../make-dataset.ts";

const dataset = makeDataset({ long: ["a", "b", "c", "d", "e", "f"], short: ["a", "b", "c", "d"], tiny: ["z"] });

function history(data: Dataset, user: string): string {
  const u = data.users.indexOf(user);
  return Array.from(
    data.events.item.subarray(data.events.start[u], data.events.start[u + 1]),
    (row) => data.items[row].id,
  ).join("");
}

function held(ranges: readonly { user: number; from: number; to: number }[]): Record<string, string> {
  return Object.fromEntries(
    ranges.map(({ user, from, to }) => [
      dataset.users[user],
      Array.from(dataset.events.item.subarray(from, to), (row) => dataset.items[row].id).join(""),
    ]),
  );
}

describe("splitting off the last events", () => {
  const split = splitLast(dataset, 2);

  test("gives the last to the test, those before to validation, the rest to training", () => {
    expect(held(split.test)).toEqual({ long: "ef" });
    expect(held(split.validation)).toEqual({ long: "cd" });
    expect(history(split.train, "long")).toBe("ab");
    expect(history(split.trainAndValidation, "long")).toBe("abcd");
  });

  test("holds nothing out of users who would have nothing left", () => {
    for (const user of ["short", "tiny"]) {
      expect(history(split.train, user)).toBe(history(dataset, user));
      expect(history(split.trainAndValidation, user)).toBe(history(dataset, user));
    }
  });

  test("keeps times with their events", () => {
    const u = split.train.users.indexOf("short");
    expect(split.train.events.at[split.train.events.start[u] + 2]).toBe(3 * 60_000);
  });

  test("leave-one-out holds out one event of everyone with three or more", () => {
    expect(held(splitLast(dataset, 1).test)).toEqual({ long: "f", short: "d" });
  });

  test("holding out nothing keeps everything", () => {
    expect(splitLast(dataset, 0).test).toEqual([]);
    expect(history(splitLast(dataset, 0).train, "long")).toBe("abcdef");
  });
});

describe("splitting sets", () => {
  test("holds a fifth of what the test part leaves out for validation", () => {
    const ten = makeDataset({ ten: [..."abcdefghijk"], few: [..."abcd"] });
    const name = ({ user, from, to }: { user: number; from: number; to: number }) =>
      `${ten.users[user]} ${Array.from(ten.events.item.subarray(from, to), (row) => ten.items[row].id).join("")}`;
    const one = splitSets(ten, 1);
    expect(one.test.map(name)).toEqual(["few d", "ten k"]);
    expect(one.validation.map(name)).toEqual(["ten ij"]);
    expect(history(one.train, "ten")).toBe("abcdefgh");
    expect(splitSets(ten, 0).test).toEqual([]);
    expect(splitSets(ten, 0).validation.map(name)).toEqual(["ten jk"]);
  });
});
