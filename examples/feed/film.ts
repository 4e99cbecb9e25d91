/** What the demo knows of a film, and how it is put into words. */
import type { Item } from "nearfeed";

/** An item of the bundled catalogue: `data.year` is the year of its release. */
export type Film = Item;

/** "1995 · Crime · Thriller" */
export function filmLine(film: Film, genres: number): string {
  return [filmYear(film), ...film.categories.slice(0, genres)].filter(Boolean).join(" · ");
}

/** "1995", or nothing where the catalogue does not say. */
export function filmYear(film: Film): string {
  const year = film.data?.["year"];
  return typeof year === "number" ? String(year) : "";
}

/** MovieLens writes "Matrix, The", for sorting. */
const ARTICLE_LAST = /^(.+), (The|A|An|Le|La|Les|Il|El|Das|Der|Die)$/;

/** The film's title as it is spoken; catalogues may lack one. */
export function filmTitle(film: Film): string {
  return (film.title ?? film.id).replace(ARTICLE_LAST, "$2 $1");
}
