import { createRecommender } from "nearfeed";

const recommender = createRecommender({ endpoint: "http://127.0.0.1:8787", consent: "local" });
const feed = recommender.feed({ surface: "home", count: 20 });

feed.subscribe(() => {
  const { entries, pinned } = feed.getSnapshot();
  const rows = entries.slice(pinned).map((entry) => {
    const button = document.createElement("button");
    button.textContent = `♥ ${entry.item.title}`;
    button.addEventListener("click", () => recommender.track("like", entry));
    return button;
  });
  document.body.replaceChildren(...rows);
});
