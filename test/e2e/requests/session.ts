/** A person's session on an empty page with the built SDK: what runs inside the page, and how the test drives it. */
import type { BrowserContext, Page } from "playwright-core";
import type { Consent, Entry, Feed, Recommender, Retrieval } from "../../../client-sdk/index.ts";

/** What the page keeps between calls. */
interface SessionPage {
  recommender: Recommender;
  feed: Feed;
}

export interface Session {
  readonly page: Page;
  readonly complaints: readonly string[];
  /** Likes this many more items, each other one than before, and passes over as many; resolves when all is taken in. */
  act(likes: number): Promise<void>;
  /** Everything else an app may call. */
  look(): Promise<void>;
  erase(): Promise<void>;
}

/** @param taste which categories are liked: those with this word, or (`!word`) those without */
export async function openSession(
  context: BrowserContext,
  origin: string,
  options: { readonly consent: Consent; readonly retrieval: Retrieval; readonly taste: string },
): Promise<Session> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${origin}/tab`);
  await page.evaluate(async ({ consent, retrieval }) => {
    const { createRecommender } = globalThis as unknown as typeof import("../../../client-sdk/index.ts");
    const recommender = createRecommender({
      endpoint: location.origin,
      publicKey: "dev",
      namespace: "requests",
      consent,
      retrieval,
    });
    const feed = recommender.feed({ surface: "home" });
    Object.assign(globalThis, { recommender, feed } satisfies SessionPage);
    await recommender.sync();
  }, options);
  return {
    page,
    complaints,
    act: (likes) => page.evaluate(act, { likes, taste: options.taste }),
    look: () => page.evaluate(look),
    erase: () => page.evaluate(async () => void (await (globalThis as unknown as SessionPage).recommender.erase())),
  };
}

/** Runs in the page. Seen items do not come back, so every list has new ones to like. */
async function act({ likes, taste }: { likes: number; taste: string }): Promise<void> {
  const { recommender, feed } = globalThis as unknown as SessionPage;
  const word = taste.replace("!", "");
  const isLiked = ({ item }: Entry) =>
    (item as { categories: string[] }).categories.includes(word) !== taste.startsWith("!");
  let left = likes;
  for (let round = 0; left > 0 && round < 50; round++) {
    const { entries } = await recommender.recommend({ surface: "home", count: 200 });
    const liked = entries.filter(isLiked).slice(0, Math.min(left, 5));
    const passed = entries.filter((entry) => !isLiked(entry)).slice(0, 5);
    for (const entry of [...liked, ...passed]) recommender.track("impression", entry);
    for (const entry of liked) recommender.track("like", entry);
    for (const entry of passed) recommender.track("skip", entry);
    left -= liked.length;
    await feed.more(5);
  }
  if (left > 0) throw new Error(`${left} likes found no item`);
  await recommender.profile.get();
}

/** Runs in the page. */
async function look(): Promise<void> {
  const { recommender, feed } = globalThis as unknown as SessionPage;
  const { entries } = await recommender.recommend({ surface: "sidebar", filter: { categories: { any: ["Drama"] } } });
  const [first, second] = entries;
  if (!first || !second) throw new Error("the list is empty");
  await recommender.explain(first);
  recommender.undo(recommender.track("like", second));
  await recommender.rank([first.id, second.id], { surface: "check" });
  await recommender.similar(first.id);
  await recommender.profile.adjust("Comedy", 0.5);
  await recommender.profile.export();
  await recommender.sync();
  await feed.more(5);
}
