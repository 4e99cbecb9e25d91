import type { Remote } from "comlink";
import { expect, test } from "vitest";
import type { EngineApi } from "../../../client-sdk/messages.ts";
import { createUnheard } from "../../../client-sdk/unheard.ts";
import { NearfeedError } from "../../../shared/errors.ts";

/** An engine that writes down what it hears, and a line to it that is down until it is said to be up. */
function line() {
  const heard: string[] = [];
  const note = (what: string) => () => (heard.push(what), Promise.resolve());
  const engine = { ping: note("ping"), close: note("close") } as unknown as Remote<EngineApi>;
  const state = { down: true };
  const unheard = createUnheard(
    async (use) => {
      if (state.down) throw new NearfeedError("worker", "there is none");
      return use(engine);
    },
    () => {},
  );
  const say = (what: string) => unheard.tell(async () => void heard.push(what)).catch(() => {});
  const level = (to: "denied" | "local" | "full") =>
    unheard.tellConsent(to, async () => void heard.push(to)).catch(() => {});
  return { heard, engine, state, unheard, say, level };
}

test("what was said without an engine reaches a late one in its order, once", async () => {
  const { heard, engine, unheard, say, level } = line();
  await say("like");
  await level("full");
  await say("undo");
  unheard.replay(engine);
  expect(heard).toEqual(["like", "full", "undo"]);
  unheard.replay(engine);
  expect(heard).toHaveLength(3);
});

test("a late engine begins with the least consent that was said and not heard", async () => {
  const { engine, state, unheard, level } = line();
  await level("denied");
  await level("full");
  expect(unheard.least("local")).toBe("denied");
  unheard.replay(engine);
  await expect.poll(() => unheard.least("full")).toBe("full");
  state.down = false;
  await level("local");
  expect(unheard.least("full")).toBe("full");
});

test("consent that is being said counts from the moment it is said", () => {
  const { unheard, level } = line();
  void level("denied");
  expect(unheard.least("full")).toBe("denied");
});

test("an erasure takes back what was done before it, also what was under way, and nothing that was said of consent", async () => {
  const { heard, engine, unheard, say, level } = line();
  await say("like");
  await level("denied");
  const underWay = say("view");
  unheard.forget();
  await Promise.all([underWay, say("erase")]);
  await say("later");
  unheard.replay(engine);
  expect(heard).toEqual(["denied", "erase", "later"]);
});

test("of more than a thousand the oldest are forgotten, and never a change of consent", async () => {
  const { heard, engine, unheard, say, level } = line();
  await level("denied");
  for (let i = 0; i < 1_000; i++) await say(`like ${i}`);
  unheard.replay(engine);
  expect(heard).toHaveLength(1_000);
  expect(heard.slice(0, 2)).toEqual(["denied", "like 1"]);
});
