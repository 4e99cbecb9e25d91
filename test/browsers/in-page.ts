/**
 * What the loop runs inside the page, as text: bodies of async functions, because every browser is driven by another
 * protocol and all of them can run text. `host` is what `test/delivery/hosts/loop.js` leaves on the page.
 */
import type { Limited } from "./loop.ts";

/** A step that takes longer is a failure; the promises about time are those of the benches. */
const STEP_LIMIT_MS = 30_000;
/** All of one cluster of the made-up release. */
export const LIKES = ["item-3", "item-11", "item-19", "item-27", "item-35"];

/** Comes before every body. */
export const HELPERS = `
  const until = async (what, condition) => {
    const deadline = performance.now() + ${STEP_LIMIT_MS};
    for (let held = await condition(); ; held = await condition()) {
      if (held) return held;
      if (performance.now() > deadline) {
        const state = globalThis.host && { errors: host.errors, ...host.feed.getSnapshot(), entries: undefined };
        throw new Error("never " + what + ": " + JSON.stringify(state));
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const reach = (floors) => until(floors.join(" or "), () => {
    const { floor, entries } = document.documentElement.dataset;
    return globalThis.host && floors.includes(floor) && entries === "20";
  });
  const top = (feed) => feed.getSnapshot().entries.map(({ id }) => id).slice(0, 5);
`;

export const LIKE_ALL = `
    const ms = [];
    for (const id of ${JSON.stringify(LIKES)}) {
      const event = host.recommender.track("like", id);
      const seen = () => host.reactions.find((each) => each.event === event);
      ms.push((await until("reacted", seen)).ms);
      if (seen().floor !== "deep") throw new Error("the reaction came from the floor " + seen().floor);
    }
    const { terms } = await host.recommender.explain(host.feed.getSnapshot().entries[0]);
    return { ms, top: top(host.feed), deep: terms.find(({ kind }) => kind === "deep").value };`;

export const SECOND_TAB = `
  const other = host.open();
  const feed = other.feed({ surface: "home", count: 20 });
  await until("opened", () => feed.getSnapshot().floor === "deep");
  const before = await other.profile.get();
  host.recommender.track("like", "item-43");
  await until("followed", async () => (await other.profile.get()).positives === before.positives + 1);
  const ids = top(feed);
  await other.close();
  return ids;`;

export const PROFILE = `
  await reach(["deep"]);
  const { positives } = await host.recommender.profile.get();
  return { positives, top: top(host.feed) };`;

export const ERASE = `
  const { local } = await host.recommender.erase();
  return { local, positives: (await host.recommender.profile.get()).positives };`;

/** What does not come can only be waited for: the runtime is loaded, or has failed, when the error or the floor is there. */
export function underLimits({ floor, errors }: Limited): string {
  return `
    await reach(["${floor}"]);
    await until("${errors.length} errors", () => host.errors.length >= ${errors.length});
    const event = host.recommender.track("like", "item-3");
    await until("reacted", () => host.reactions.some((each) => each.event === event));
    const { floor } = host.feed.getSnapshot();
    await host.recommender.erase();
    return { floor, engine: host.workers > 0 ? "worker" : "page", errors: host.errors.map(({ code }) => code) };`;
}

export const FEATURES = `
  const here = {
    "Web Locks": navigator.locks, BroadcastChannel: globalThis.BroadcastChannel, "crypto.subtle": crypto.subtle,
    sendBeacon: navigator.sendBeacon, "Ed25519": await crypto.subtle?.generateKey("Ed25519", false, ["sign", "verify"]).catch(() => undefined),
    "Global Privacy Control": "globalPrivacyControl" in navigator,
    "storage.persist": navigator.storage?.persist,
  };
  return Object.keys(here).filter((name) => !here[name]);`;

export const DEMO = `
  const floorOf = () => document.documentElement.dataset.floor;
  const rows = () => [...document.querySelector("#panel").shadowRoot.querySelectorAll("#queue .row")];
  await until("the demo is deep", () => floorOf() === "deep" && rows().length > 0);
  const queue = () => rows().map((row) => row.dataset.item).join();
  const before = queue();
  document.querySelector('#actions [data-action="like"]').click();
  await until("the demo reacted", () => document.querySelector("#reaction").dataset.event && queue() !== before);`;

/** On the demo page, which is of the edge's own origin: this edge takes events from there. @param sdk address of the entry */
export function full(sdk: string): string {
  return `
    const { createRecommender } = await import("${sdk}");
    const options = { endpoint: location.origin, publicKey: "dev", consent: "full", namespace: "at full" };
    const recommender = createRecommender(options);
    let uploaded = 0;
    recommender.on("sent", ({ events }) => (uploaded += events));
    await recommender.recommend({ surface: "home" });
    for (const id of ${JSON.stringify(LIKES)}) recommender.track("like", id);
    await recommender.profile.get();
    const { consent } = recommender;
    const capped = navigator.globalPrivacyControl === true;
    if (!capped) await until("uploaded", () => uploaded >= ${LIKES.length});
    const { remote } = await recommender.erase();
    await recommender.close();
    return { capped, consent, uploaded, remote };`;
}
