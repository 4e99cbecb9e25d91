// A request to delete, as the bucket keeps it until it is carried out. Who writes it is forget.ts, who carries it out
// log-keeper.ts.

/** `forgotten/dt=YYYY-MM-DD/<subject>.json`, by the day on which it was asked. */
export interface ForgetRecord {
  subject: string;
  /** When it was asked, epoch ms. Events received later are dropped until `until`. */
  at: number;
  until: number;
}

/** Where requests lie in the bucket. */
export const FORGOTTEN_PREFIX = "forgotten/";

const KEY = /^forgotten\/dt=\d{4}-\d\d-\d\d\/([A-Z2-7]{26})\.json$/;

/** In UTC. One object a subject and day, however often it is asked. */
export function forgottenKey({ subject, at }: ForgetRecord): string {
  return `${FORGOTTEN_PREFIX}dt=${new Date(at).toISOString().slice(0, 10)}/${subject}.json`;
}

/** The subject that a key names; undefined for a key of something else. */
export function forgottenSubject(key: string): string | undefined {
  return KEY.exec(key)?.[1];
}
