/**
 * Whether a better model is being trained just now: `npm start` says so at one address of the local edge. Anywhere else
 * there is no such address, and the page asks once.
 */
import { about } from "./words.ts";

const ADDRESS = "dev/training";
const ASK_EVERY_MS = 2_000;

/** What `npm start` answers; null where nothing is being trained. */
interface Training {
  /** What is left, as it looks now; null while nobody can tell. */
  readonly leftMs: number | null;
}

/** @param tell gets the words to show, and undefined when it is over */
export function watchTraining(tell: (words: string | undefined) => void, get: typeof fetch = fetch): void {
  async function ask(): Promise<void> {
    const training = await answer();
    tell(training ? words(training) : undefined);
    if (training) setTimeout(() => void ask(), ASK_EVERY_MS);
  }

  /** Null too where nobody answers. */
  async function answer(): Promise<Training | null> {
    try {
      const response = await get(new URL(ADDRESS, location.href), { cache: "no-store" });
      return response.ok ? ((await response.json()) as Training | null) : null;
    } catch {
      return null;
    }
  }

  void ask();
}

function words({ leftMs }: Training): string {
  return `A better model is in training${leftMs === null ? "" : ` · ${about(leftMs)} left`}`;
}
