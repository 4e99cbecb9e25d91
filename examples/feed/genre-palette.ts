/** The colours of the genres: three a genre, dark enough at the bottom for white letters. */

/** Sky, ground and the colour of what is drawn between them. */
export interface GenreColours {
  readonly sky: string;
  readonly ground: string;
  readonly ink: string;
}

/** In the order in which a film with several genres takes its look: the rarer and more telling ones first. */
const COLOURS: Readonly<Record<string, GenreColours>> = {
  Horror: { sky: "#7d1220", ground: "#12060b", ink: "#ff5a4f" },
  Western: { sky: "#d9822b", ground: "#4a1f12", ink: "#ffd08a" },
  "Film-Noir": { sky: "#5c6470", ground: "#101216", ink: "#e8e4da" },
  Animation: { sky: "#00a0b8", ground: "#0d3a78", ink: "#ffdc4a" },
  Musical: { sky: "#c2318f", ground: "#3b0f58", ink: "#ffc2e2" },
  War: { sky: "#7c8150", ground: "#23261a", ink: "#e9dfae" },
  Documentary: { sky: "#3f7f74", ground: "#10302f", ink: "#bfeadb" },
  "Sci-Fi": { sky: "#2c4fd0", ground: "#0a0e33", ink: "#86f0ff" },
  Fantasy: { sky: "#7a48c8", ground: "#1c1247", ink: "#f4c6ff" },
  Mystery: { sky: "#3b5a76", ground: "#0d1622", ink: "#c9dcf0" },
  Crime: { sky: "#8a4b2a", ground: "#1b100c", ink: "#f7c98b" },
  Children: { sky: "#f08a24", ground: "#8a2a3c", ink: "#fff1a8" },
  Romance: { sky: "#e2587c", ground: "#5b1640", ink: "#ffd3dc" },
  Adventure: { sky: "#2f9a6a", ground: "#0d3b3a", ink: "#e4f5a0" },
  Thriller: { sky: "#36506b", ground: "#0b121c", ink: "#ff8a5b" },
  Action: { sky: "#d2452a", ground: "#3a0f17", ink: "#ffc861" },
  Comedy: { sky: "#e2a21b", ground: "#8a3a12", ink: "#fff4cf" },
  Drama: { sky: "#5d6f9e", ground: "#1d2340", ink: "#dfe4f7" },
};

/** What a film without a known genre gets. */
const PLAIN: GenreColours = { sky: "#6b6f7b", ground: "#23252c", ink: "#e8e9ee" };

/** Every genre, the most telling first. MovieLens has "IMAX" besides, which is a format of the screen. */
export const GENRES: readonly string[] = Object.keys(COLOURS);

/** A film's genres, the ones that give it its look first. */
export function tellingGenres(genres: readonly string[]): string[] {
  return GENRES.filter((genre) => genres.includes(genre));
}

/** The colours of one genre. */
export function coloursOf(genre: string | undefined): GenreColours {
  return (genre !== undefined && COLOURS[genre]) || PLAIN;
}
