/** The loop that ranks the open feeds. */
import { expect, test } from "vitest";
import { createFeeds } from "../../../../client-sdk/engine/feeds.ts";

const moment = { now: 0, utcOffsetMinutes: 0, draw: "" };
const query = { surface: "home", count: 5 };

/** A turn of the event loop: everything that waits for nothing else has happened. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

test("a feed that cannot be ranked holds up none of the others, now or later", async () => {
  const ranked: number[] = [];
  const errors: unknown[] = [];
  const broken = new Error("broken");
  const feeds = createFeeds(
    async ({ id }) => {
      if (id === 1) throw broken;
      ranked.push(id);
    },
    (error) => errors.push(error),
  );
  for (const id of [0, 1, 2]) feeds.open(id, query, moment);
  await settled();
  expect(ranked).toEqual([0, 2]);
  feeds.renew();
  await settled();
  expect(ranked).toEqual([0, 2, 0, 2]);
  expect(errors).toEqual([broken, broken]);
});

test("many calls of one turn rank every feed once, and one that was closed meanwhile not at all", async () => {
  const ranked: number[] = [];
  const feeds = createFeeds(
    async ({ id }) => void ranked.push(id),
    (error) => expect.fail(String(error)),
  );
  feeds.open(0, query, moment);
  feeds.open(1, query, moment);
  feeds.close(1);
  await settled();
  ranked.length = 0;
  for (let i = 0; i < 5; i++) feeds.renew();
  await settled();
  // One is on its way when the others ask: what it began with may be old by then.
  expect(ranked).toEqual([0, 0]);
});
