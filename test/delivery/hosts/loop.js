/**
 * What every host page of these tests does: a feed at consent `local`, its state written where a test can read it. Plain
 * JavaScript, because some of the hosts have no build step.
 */

/** @param {(options: object) => object} createRecommender from whatever the host imports the SDK by */
export function run(createRecommender) {
  const options = { consent: "local", ...Object.fromEntries(new URLSearchParams(location.search)) };
  const host = { open: () => createRecommender(options), errors: [], reactions: [], workers: 0 };
  globalThis.host = host;
  countWorkers(host);
  host.recommender = host.open();
  host.feed = host.recommender.feed({ surface: "home", count: 20 });
  host.recommender.on("error", ({ code, message, hint }) => host.errors.push({ code, message, hint }));
  host.recommender.on("reaction", (reaction) => host.reactions.push(reaction));
  const show = () => {
    const { entries, floor, status } = host.feed.getSnapshot();
    Object.assign(document.documentElement.dataset, { floor, status, entries: String(entries.length) });
  };
  host.feed.subscribe(show);
  show();
}

/** Those that have said something: a worker that could not be loaded never does. */
function countWorkers(host) {
  if (typeof Worker !== "function") return;
  globalThis.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", () => host.workers++, { once: true });
    }
  };
}
