/** Five likes of one genre change what comes next, through the page: the tests of one floor that reads a profile. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium, openDemo, type Demo } from "../../harness/demo-page.ts";
import { fetchManifest, openEdgeRelease, type EdgeRelease } from "../../harness/edge-release.ts";
import { seeded } from "../../harness/small-release.ts";
import { activate, stack } from "../stack.ts";

const GENRES = ["Romance", "Horror", "Fantasy", "Children", "Animation", "Crime"];
const DRAWS = 5;
const LIKES = 5;
/** The share must grow by half, and by 15 points at least. */
const growth = (start: number) => Math.max(1.5 * start, start + 0.15);
const LEAST_OTHER_GENRES = 3;

export function steer(floor: "linear" | "deep"): void {
  const { url, releases } = stack;
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  let demo: Demo;
  let release: EdgeRelease;

  beforeAll(async () => {
    await activate(releases[floor]);
    release = await openEdgeRelease(url, (await fetchManifest(url)).release);
    browser = await launchChromium();
    demo = await openDemo(browser, url);
    await demo.reach(floor);
    await demo.catalogued(release.release.items);
  });
  afterAll(() => browser?.close());

  test.each(GENRES)(`on the ${floor} floor five likes of %s bring more of it, and other genres stay`, async (genre) => {
    const share = (ids: readonly string[]) =>
      ids.filter((id) => release.categories(id).includes(genre)).length / ids.length;
    const random = seeded(genre.length);
    const start = await demo.queue();
    expect(start).toHaveLength(20);
    const after: number[] = [];
    for (let draw = 0; draw < DRAWS; draw++) {
      const liked = pick(await demo.browse(genre), LIKES, random);
      expect(liked.every((id) => release.categories(id).includes(genre))).toBe(true);
      for (const id of liked) await demo.likeOnShelf(id);
      const queue = await demo.queue();
      expect(queue).toHaveLength(20);
      expect(queue.filter((id) => liked.includes(id))).toEqual([]);
      const others = new Set(queue.flatMap((id) => release.categories(id)).filter((each) => each !== genre));
      expect(others.size).toBeGreaterThanOrEqual(LEAST_OTHER_GENRES);
      after.push(share(queue));
      for (const _ of liked) await demo.press("undo");
      expect(await demo.queue()).toEqual(start);
    }
    const mean = after.reduce((sum, each) => sum + each, 0) / after.length;
    console.log(
      `steering, ${floor}, ${genre}: ${share(start).toFixed(2)} → ${after.map((each) => each.toFixed(2)).join(" ")}`,
    );
    // Shares are twentieths: rounding must not decide.
    expect(mean + 1e-9).toBeGreaterThanOrEqual(growth(share(start)));
    expect(demo.complaints).toEqual([]);
  });
}

/** `count` different ones, drawn. */
function pick(ids: readonly string[], count: number, random: () => number): string[] {
  const left = [...ids];
  return Array.from({ length: count }, () => left.splice(Math.floor(random() * left.length), 1)[0]!);
}
