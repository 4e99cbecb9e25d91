import type { Entry } from "nearfeed";
import { RecommenderProvider, useFeed, useObserve, useRecommender } from "nearfeed/react";

function Card({ entry }: { entry: Entry }) {
  const recommender = useRecommender();
  return (
    <li ref={useObserve(entry)}>
      {entry.item.title} <button onClick={() => recommender.track("like", entry)}>♥</button>
    </li>
  );
}

function Feed() {
  const { entries, loading } = useFeed({ surface: "home", count: 20 });
  return loading ? (
    <p>One moment …</p>
  ) : (
    <ol>
      {entries.map((entry) => (
        <Card key={entry.id} entry={entry} />
      ))}
    </ol>
  );
}

export function App() {
  const options = { endpoint: "http://127.0.0.1:8787", consent: "local" } as const;
  return (
    <RecommenderProvider options={options}>
      <Feed />
    </RecommenderProvider>
  );
}
