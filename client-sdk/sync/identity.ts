/**
 * Who this device is to the edge: a secret that stays here, and the subject that events are sent under. One for all tabs;
 * made when it is first needed, forgotten with everything else.
 */
import { subjectOf, TOKEN_BYTES } from "../../shared/subject.ts";
import { sha256 } from "../runtime.ts";
import type { Store } from "../storage/store.ts";

type Token = Uint8Array<ArrayBuffer>;

export interface IdentityOptions {
  readonly store: () => Store | undefined;
  /** Whether the person's consent allows an identity at all. */
  readonly allowed: () => boolean;
  /** The subject is known now, or is no more. */
  readonly changed: (subject: string | undefined) => void;
}

export interface Identity {
  /**
   * @returns undefined where consent does not allow one, or no longer does, where none can be made, and from an erasure to the
   * next event
   */
  subject(): Promise<string | undefined>;
  /** The secret in memory, where it was needed already. */
  readonly token: Token | undefined;
  /** What was begun before comes to nothing; the next subject is another one, where the store has forgotten it too. */
  forget(): void;
}

function newToken(): Token {
  return crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
}

export function createIdentity({ store, allowed, changed }: IdentityOptions): Identity {
  let epoch = 0;
  let known: { readonly token: Token; readonly subject: string } | undefined;

  return {
    get token() {
      return known?.token;
    },
    async subject() {
      // Where the page has broken the source of randomness, there is no id that says nothing, and nothing is sent.
      if (known || !allowed() || typeof crypto === "undefined") return known?.subject;
      const begun = epoch;
      const into = store();
      // Erased, and nothing has happened since: a secret that is not kept could not have the edge forget what is sent under it.
      if (into?.dormant) return undefined;
      // Begun in the same turn as the check: what deletes the token comes later, and the store keeps the order.
      const token = await into?.stateOr("token", newToken);
      if (!token || epoch !== begun) return undefined;
      const subject = await subjectOf(token, sha256);
      if (epoch !== begun || !allowed()) return undefined;
      // Two calls at once: the first one has told already.
      if (known === undefined) changed(subject);
      known ??= { token, subject };
      return known.subject;
    },
    forget() {
      epoch++;
      if (known) changed(undefined);
      known = undefined;
    },
  };
}
