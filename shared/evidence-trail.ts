/**
 * The evidence as it was before each of the last signals, so that a recent one can be taken out without replaying the
 * whole log: a like of a card takes the place of the view of it a moment ago.
 *
 * A cache of what a replay would give, bit for bit; it knows no signals.
 */
import { emptyEvidence } from "./posterior.ts";
import type { Evidence } from "./posterior.ts";

/** The sums of both time scales. */
export interface Sums {
  readonly taste: Evidence;
  readonly intent: Evidence;
}

export interface EvidenceTrail {
  /** Notes the sums before the next signal joins them. */
  note(sums: Sums): void;
  /**
   * Sets the sums back to before the last `count` signals, no more than there are; false, and nothing is done, where that
   * is too long ago.
   */
  rewind(count: number, sums: Sums): boolean;
}

/** Signals that can be gone back: more cards than one screen shows, at 66 kB each for 64 dimensions. */
export const TRAIL_LENGTH = 8;

export function createEvidenceTrail(dim: number): EvidenceTrail {
  const notes: Sums[] = [];
  return {
    note(sums) {
      const note =
        notes.length < TRAIL_LENGTH ? { taste: emptyEvidence(dim), intent: emptyEvidence(dim) } : notes.shift()!;
      copyEvidence(sums.taste, note.taste);
      copyEvidence(sums.intent, note.intent);
      notes.push(note);
    },
    rewind(count, sums) {
      if (count === 0) return true;
      const note = notes[notes.length - count];
      if (!note) return false;
      copyEvidence(note.taste, sums.taste);
      copyEvidence(note.intent, sums.intent);
      notes.length -= count;
      return true;
    },
  };
}

/** Makes one evidence what another one is. */
export function copyEvidence(from: Evidence, to: Evidence): void {
  to.scatter.set(from.scatter);
  to.pull.set(from.pull);
  to.weight = from.weight;
  to.at = from.at;
}
