/**
 * What every host page of these tests does: a feed at consent `local`, its state written where a test can read it. Plain
 * JavaScript, because some of the hosts have no build step.
 */

/** @param {(options: object) => object} createRecommender from whatever the host imports the SDK by */
export function run(createRecommender) {
  const options = Object.fromEntries(new URLSearchParams(location.search));
  const recommender = createRecommender({ consent: "local", ...options });
  const feed = recommender.feed({ surface: "home", count: 20 });
  const host = { recommender, feed, errors: [], reactions: [] };
  globalThis.host = host;
  recommender.on("error", (error) => host.errors.push({ code: error.code, message: error.message, hint: error.hint }));
  recommender.on("reaction", (reaction) => host.reactions.push(reaction));
  const show = () => {
    const { entries, floor, status } = feed.getSnapshot();
    Object.assign(document.documentElement.dataset, { floor, status, entries: String(entries.length) });
  };
  feed.subscribe(show);
  show();
}
