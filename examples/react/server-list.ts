import type { List } from "nearfeed";

export interface Film {
  id: string;
  title: string;
}

/** What a server renders for everybody, as `useFeed` takes it. */
export function serverList(films: readonly Film[]): List<Film> {
  return {
    id: "server",
    entries: films.map((item, position) => ({ id: item.id, item, list: "server", position, score: 0, sources: [] })),
    status: "ready",
    floor: "start",
    offline: false,
  };
}
