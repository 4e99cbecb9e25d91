// Many seeded draws of what a few tests do through the page, through the same pipeline in Node: five likes of a genre
// bring more of it, and skips push down what is like the skipped films and nothing else.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeepSession } from "../../client-sdk/ort.ts";
import type { Event } from "../../shared/event.ts";
import { interestAt } from "../../shared/interest.ts";
import { createProfile, type Profile } from "../../shared/profile.ts";
import { rank, type Ranking } from "../../shared/rank.ts";
import { scan } from "../../shared/scan.ts";
import { topK } from "../../shared/top-k.ts";
import { createUlid } from "../../shared/ulid.ts";
import { fetchManifest, openEdgeRelease, type EdgeRelease } from "../harness/edge-release.ts";
import { seeded } from "../harness/small-release.ts";
import { openNodeDeep } from "./node-deep.ts";
import { activate, stack } from "./stack.ts";

const GENRES = ["Romance", "Horror", "Fantasy", "Children", "Animation", "Crime"];
const SEED = 20;
const LIST = 20;
/** Three seconds a film. */
const STEP_MS = 3_000;
const NOW = Date.UTC(2026, 0, 1);

const DRAWS = 50;
const LIKES = 5;
/** The share must grow by half, and by 15 points at least. */
const growth = (start: number) => Math.max(1.5 * start, start + 0.15);
const LEAST_OTHER_GENRES = 3;

const SESSIONS = 100;
const SKIPS = 3;
const NEAREST = 50;
const CONTROLS = 50;
const LEAST_FALL = 0.2;
const MOST_DRIFT = 0.03;

describe.each(["linear", "deep"] as const)("on the %s floor", (floor) => {
  const { url, releases } = stack;
  let release: EdgeRelease;
  let deep: DeepSession | undefined;

  beforeAll(async () => {
    await activate(releases[floor]);
    const { release: described } = await fetchManifest(url);
    release = await openEdgeRelease(url, described);
    deep = floor === "deep" ? await openNodeDeep(url, described) : undefined;
  });
  afterAll(() => deep?.release());

  /** A person with nothing known of them, who acts every three seconds. */
  function person() {
    const { table, model } = release;
    const profile: Profile = createProfile(model);
    const nextId = createUlid(() => now, seeded(SEED));
    const met = new Set<number>();
    let now = NOW;
    return {
      met,
      act(type: "like" | "skip", row: number): void {
        now += STEP_MS;
        met.add(row);
        const item = table.ids[row]!;
        const event: Event = { id: nextId(), type, item, at: now };
        profile.append({ event, known: release.known(item) });
      },
      list(): Promise<Ranking> {
        const moment = { surface: "home", utcOffsetMinutes: 0 };
        const excluded = (row: number) => met.has(row);
        return rank(table, interestAt(profile, model, now), model, { count: LIST, moment, excluded, deep });
      },
    };
  }

  const genresOf = (row: number) => release.categories(release.table.ids[row]!);

  test.each(GENRES)(`five likes of %s bring more of it, mean of ${DRAWS} draws`, async (genre) => {
    const films = release.table.ids.map((_, row) => row).filter((row) => genresOf(row).includes(genre));
    const share = ({ selected }: Ranking) =>
      selected.filter(({ row }) => genresOf(row).includes(genre)).length / selected.length;
    const start = share(await person().list());
    const random = seeded(genre.length);
    let sum = 0;
    for (let draw = 0; draw < DRAWS; draw++) {
      const somebody = person();
      while (somebody.met.size < LIKES) somebody.act("like", films[Math.floor(random() * films.length)]!);
      const list = await somebody.list();
      expect(list.selected).toHaveLength(LIST);
      expect(list.selected.filter(({ row }) => somebody.met.has(row))).toEqual([]);
      const others = new Set(list.selected.flatMap(({ row }) => genresOf(row)).filter((each) => each !== genre));
      expect(others.size).toBeGreaterThanOrEqual(LEAST_OTHER_GENRES);
      sum += share(list);
    }
    console.log(`steering, ${floor}, ${genre}: ${start.toFixed(2)} → ${(sum / DRAWS).toFixed(3)}`);
    expect(sum / DRAWS).toBeGreaterThanOrEqual(growth(start));
  });

  test(`three skips push down the films most like the skipped ones and no others, means of ${SESSIONS} sessions`, async () => {
    const { table } = release;
    const random = seeded(SEED);
    const size = table.ids.length;
    const draw = (count: number) => Math.floor(random() * count);
    let fall = 0;
    let drift = 0;
    for (let session = 0; session < SESSIONS; session++) {
      const somebody = person();
      // A short history of its own for every session: likes among what is shown first.
      for (let like = 0; like < 3; like++) {
        const { selected } = await somebody.list();
        somebody.act("like", selected[draw(selected.length)]!.row);
      }
      const before = await somebody.list();
      const skipped = before.selected.slice(0, SKIPS).map(({ row }) => row);
      for (const row of skipped) somebody.act("skip", row);
      const after = await somebody.list();
      const near = new Set(skipped.flatMap((row) => nearest(row, somebody.met)));
      const controls = new Set<number>();
      while (controls.size < CONTROLS) {
        const row = draw(size);
        if (!near.has(row) && !somebody.met.has(row)) controls.add(row);
      }
      const [placesBefore, placesAfter] = [places(before, size), places(after, size)];
      const moved = (rows: Iterable<number>) => {
        const list = [...rows];
        return (median(list.map((row) => placesAfter[row]!)) - median(list.map((row) => placesBefore[row]!))) / size;
      };
      fall += moved(near) / SESSIONS;
      drift += moved(controls) / SESSIONS;
    }
    console.log(
      `skips, ${floor}: near films fall by ${(100 * fall).toFixed(1)} % of the pool, others by ${(100 * drift).toFixed(2)} %`,
    );
    expect(fall).toBeGreaterThanOrEqual(LEAST_FALL);
    expect(Math.abs(drift)).toBeLessThan(MOST_DRIFT);
  });

  function nearest(row: number, met: ReadonlySet<number>): number[] {
    const { table } = release;
    const cosines = scan(table.columns, release.known(table.ids[row]!).vector).map((product, i) =>
      met.has(i) || table.vectorNorm[i] === 0 ? -Infinity : product / table.vectorNorm[i]!,
    );
    return [...topK(cosines, NEAREST)];
  }
});

/** The place of every row: candidates of the last stage in their order, then the rest by the linear score. */
function places({ candidates, linear }: Ranking, size: number): Int32Array {
  const place = new Int32Array(size).fill(-1);
  candidates.forEach(({ row }, i) => (place[row] = i));
  let next = candidates.length;
  for (const row of topK(linear.total, size)) if (place[row] === -1) place[row] = next++;
  return place;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
