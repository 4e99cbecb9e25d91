import { expect, test } from "vitest";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { openWatched } from "./hostile/watch.ts";
import { after, freshNamespace, idsOf, shown } from "./open.ts";

const LIMIT_MS = 60_000;
const LONGEST = 128;

/** Ids and names as catalogues have had them, and as nobody should. */
const ODD = [
  `"`,
  `'"\\\``,
  "🐈‍⬛🏳️‍🌈",
  "line\nbreak\r\ttab",
  "nul\u0000 \u0001\u001f",
  "\u202eltr\u200f\u2066",
  "\ufeffbom",
  "\u2028\u2029",
  "e\u0301",
  "é",
  "İstanbul",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "prototype",
  "then",
  "0",
  "-1",
  "null",
  "undefined",
  " ",
  "a/../../b?c=d&e#f%00%2F",
  "<script>alert(1)</script>",
  "'; DROP TABLE items; --",
  "{{constructor.constructor('alert(1)')()}}",
  "x".repeat(LONGEST),
];
const CLUSTERS = 9;
const CATEGORIES = ["__proto__", "constructor", "toString", `"quoted"`, "🐈", "<b>", "\u0000", "a.b[0]", "null"];
const MARKUP = `<img src=x onerror="window.hacked = true"><script>window.hacked = true</script>`;

const release = await syntheticRelease({
  items: 90,
  clusters: CLUSTERS,
  id: (i) => ODD[i] ?? `item-${i}`,
  category: (c) => CATEGORIES[c]!,
  title: () => MARKUP,
});

test(
  "odd ids, categories and titles arrive exactly as they are, from the list to the export and back",
  { timeout: LIMIT_MS },
  async () => {
    const namespace = freshNamespace();
    const notices = openWatched(testEdge(release), { consent: "local", namespace });
    const { recommender, errors } = notices;
    await recommender.sync();
    const all = await recommender.recommend({ surface: `"🐈" <home>`, count: 90 });
    expect(new Set(idsOf(all))).toEqual(new Set(release.ids));
    for (const { id, item } of all.entries) {
      expect(item.id).toBe(id);
      expect(item.title).toBe(MARKUP);
      expect(item.categories).toEqual([CATEGORIES[release.ids.indexOf(id) % CLUSTERS]]);
    }
    const ranked = await recommender.rank(ODD, { surface: "given" });
    expect(new Set(idsOf(ranked))).toEqual(new Set(ODD));
    const like = await recommender.similar("__proto__", { count: 5 });
    expect(like.status).toBe("ready");

    const feed = recommender.feed({ surface: "home", count: 5 });
    await shown(feed, ({ status }) => status === "ready");
    for (const entry of all.entries.filter(({ id }) => ODD.includes(id))) {
      await after(notices, feed, () => recommender.track("like", entry));
    }
    const snapshot = feed.getSnapshot();
    expect(idsOf(snapshot).filter((id) => ODD.includes(id))).toEqual([]);
    for (const category of CATEGORIES) recommender.profile.adjust(category, -0.25);
    await shown(feed, (next) => next !== snapshot);
    const explained = await recommender.explain(feed.getSnapshot().entries[0]!);
    expect(explained?.terms.length).toBeGreaterThan(0);
    expect(typeof explained?.sentence).toBe("string");
    const profile = await recommender.profile.get();
    expect(profile.positives).toBe(ODD.length);
    expect(new Set(profile.categories.map(({ name }) => name))).toEqual(new Set(CATEGORIES));
    expect(Object.entries(profile.adjustments)).toHaveLength(CATEGORIES.length);
    expect(new Set(Object.keys(profile.adjustments))).toEqual(new Set(CATEGORIES));

    const exported = JSON.parse(JSON.stringify(await recommender.profile.export())) as unknown;
    await recommender.erase();
    expect((await recommender.profile.get()).positives).toBe(0);
    expect(await recommender.profile.import(exported)).toEqual({ status: "imported", events: ODD.length });
    await recommender.close();

    const again = openWatched(testEdge(release), { consent: "local", namespace });
    const back = await again.recommender.profile.get();
    expect(new Set(back.recent.map(({ item }) => item))).toEqual(new Set(profile.recent.map(({ item }) => item)));
    expect({ ...back.adjustments }).toEqual({ ...profile.adjustments });
    expect(Object.keys(back.adjustments)).toContain("__proto__");
    expect(back.positives).toBe(ODD.length);
    expect((window as { hacked?: boolean }).hacked).toBeUndefined();
    expect([...errors, ...again.errors]).toEqual([]);
  },
);

test("ids that cannot be are refused by their path, each alone", async () => {
  const { recommender, errors } = openWatched(testEdge(release));
  await recommender.sync();
  for (const id of ["", "x".repeat(LONGEST + 1), "x".repeat(512), "\ud800", "\udc00x"]) recommender.track("like", id);
  recommender.track("like", "0");
  expect((await recommender.profile.get()).events).toBe(1);
  expect(errors.map(({ path }) => path)).toEqual(Array(5).fill("event.item"));
});
