/** Turns what the recommender reports into plain words. */
import type { Floor, Source } from "nearfeed";
import type { Verdict } from "./session.ts";

const SOURCES: Readonly<Record<Source, string>> = {
  nearest: "Near your taste",
  neighbour: "Often next after films you like",
  similar: "Like a film you saw",
  trending: "Trending",
  fresh: "New",
  popular: "Popular",
  explore: "Something new for you",
};

/** The most personal source says it; popularity speaks only where nothing else does. */
const TELLING_FIRST: readonly Source[] = ["neighbour", "nearest", "similar", "explore", "fresh", "trending", "popular"];

/** Why a film is here, in two or three words. */
export function sourceWords(sources: readonly Source[]): string {
  const telling = TELLING_FIRST.find((each) => sources.includes(each));
  return telling ? SOURCES[telling] : "From the catalogue";
}

/** What each floor is. */
export const FLOORS: Readonly<Record<Floor, string>> = {
  start: "Start: popular films, the same for everybody",
  linear: "Linear: your taste, computed exactly on this device",
  deep: "Deep: a small neural ranker on top, on this device",
};

/** What was said of a film. */
export const VERDICTS: Readonly<Record<Verdict, string>> = { like: "♥ Liked", skip: "✕ Skipped", hide: "Hidden" };

/** "9,066 films" */
export function countFilms(count: number): string {
  return `${count.toLocaleString("en")} ${count === 1 ? "film" : "films"}`;
}

/** "0 requests" */
export function requests(count: number): string {
  return `${count} ${count === 1 ? "request" : "requests"}`;
}

/** "7 ms", "0.8 ms" */
export function milliseconds(ms: number): string {
  return `${ms < 9.95 ? ms.toFixed(1).replace(/\.0$/, "") : Math.round(ms)} ms`;
}

/** "312 kB", "1.9 MB" */
export function bytes(count: number): string {
  return count < 999_500 ? `${Math.round(count / 1000)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

/** "about 1 min 20 s", in steps that do not pretend to know better. */
export function about(ms: number): string {
  const seconds = Math.max(5, Math.round(ms / 5_000) * 5);
  if (seconds < 60) return `about ${seconds} s`;
  const rest = seconds % 60;
  return `about ${Math.floor(seconds / 60)} min${rest > 0 ? ` ${rest} s` : ""}`;
}
