/** The page's line to the engine, over a real message port: what it holds on to, and how it begins and ends. */
import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expose } from "comlink";
import { expect, test } from "vitest";
import { createEngineLink } from "../../../client-sdk/engine-link.ts";
import type { EngineLink } from "../../../client-sdk/engine-link.ts";
import type { PageHooks } from "../../../client-sdk/messages.ts";
import { checkOptions } from "../../../client-sdk/options.ts";
import { createRecommender } from "../../../client-sdk/recommender.ts";

const init = checkOptions({ endpoint: "http://edge.test", assets: "http://edge.test/sdk/" });
const page = {} as PageHooks;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

interface Line {
  readonly link: EngineLink;
  readonly start: () => Worker;
  /** The worker's script has run. */
  greet(): void;
  readonly terminated: () => boolean;
  readonly workers: () => number;
}

/** A line to something that answers every call with a list of its own. */
function line(): Line {
  const { port1, port2 } = new MessageChannel();
  let [workers, terminated] = [0, false];
  const engine = {
    open() {},
    exportProfile: () => ({ events: Array.from({ length: 1_000 }, String) }),
    recommend: () => ({ entries: [], floor: "start", offline: false, release: "r" }),
    track() {},
    close() {},
  };
  expose(engine, port2);
  const terminate = () => {
    terminated = true;
    port1.close();
  };
  const start = () => {
    workers++;
    return Object.assign(port1, { terminate }) as unknown as Worker;
  };
  const link = createEngineLink({ init: () => init, page, start });
  return { link, start, greet: () => port2.postMessage("ready"), terminated: () => terminated, workers: () => workers };
}

test("answers that nobody holds any more are let go of, however long the page lives", async () => {
  const { link, greet } = line();
  const answers: WeakRef<object>[] = [];
  const ask = async () => answers.push(new WeakRef(await link.call((engine) => engine.exportProfile(0))));
  const first = ask();
  greet();
  await first;
  for (let i = 0; i < 20; i++) await ask();
  // A WeakRef holds its target until the turn is over.
  await new Promise((resolve) => setTimeout(resolve));
  collect();
  expect(answers).toHaveLength(21);
  // The last one may still be on its way out.
  expect(answers.filter((answer) => answer.deref() !== undefined).length).toBeLessThanOrEqual(1);
  link.close();
});

test("whoever waits when the line is closed is told so, and whoever calls afterwards", async () => {
  const { link } = line();
  const waiting = link.call((engine) => engine.exportProfile(0));
  link.close();
  await expect(waiting).rejects.toMatchObject({ code: "closed" });
  await expect(link.call((engine) => engine.exportProfile(0))).rejects.toMatchObject({ code: "closed" });
});

test("a worker that comes up after the line was closed is ended", async () => {
  const { link, greet, terminated, workers } = line();
  const waiting = link.call((engine) => engine.exportProfile(0));
  link.close();
  await expect(waiting).rejects.toMatchObject({ code: "closed" });
  expect(workers()).toBe(1);
  greet();
  await expect.poll(terminated).toBe(true);
});

test("a signal that fires for nobody any more is let go of", async () => {
  const { start, greet } = line();
  const { recommend, close } = createRecommender({ endpoint: "http://edge.test", worker: start });
  const { signal } = new AbortController();
  const list = recommend({ surface: "home" }, { signal });
  await expect.poll(() => getEventListeners(signal, "abort").length).toBe(1);
  greet();
  expect(await list).toMatchObject({ status: "empty" });
  await expect.poll(() => getEventListeners(signal, "abort").length).toBe(0);
  await close();
});

test("closing what was never asked for anything starts no worker; what was tracked just before is told first", async () => {
  const unused = line();
  await createRecommender({ endpoint: "http://edge.test", worker: unused.start }).close();
  expect(unused.workers()).toBe(0);
  const used = line();
  const recommender = createRecommender({ endpoint: "http://edge.test", worker: used.start });
  recommender.track("like", "item-1");
  const closed = recommender.close();
  used.greet();
  await closed;
  expect(used.workers()).toBe(1);
  expect(used.terminated()).toBe(true);
});
