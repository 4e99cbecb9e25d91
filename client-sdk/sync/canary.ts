/**
 * Whether this device takes a channel's canary. It decides by a number of its own that no request carries, so that the
 * edge keeps no list of who has which release; a device stays in or out for as long as the percentage does not fall.
 */
import type { Channel } from "../../shared/channel.ts";
import type { Random } from "../../shared/runtime.ts";
import type { Store } from "../storage/store.ts";

export interface Bucket {
  /** In [0, 1): one for all tabs and visits where it may be stored, else for as long as the page lives. */
  value(): Promise<number>;
  /** The next one is another one, where the store has forgotten it too. */
  forget(): void;
}

export function createBucket(store: () => Store | undefined, random: Random): Bucket {
  // Exchanged as a whole: what was begun before it was forgotten must not bring it back.
  let held: { value?: number } = {};
  return {
    async value() {
      const own = held;
      const draw = () => (own.value ??= random());
      return (own.value = (await store()?.stateOr("bucket", draw)) ?? draw());
    },
    forget() {
      held = {};
    },
  };
}

/**
 * @param bucket of this device. The release's id, a hash, turns it, so that the first to get one
 * release are not the first to get them all.
 */
export function takesCanary(bucket: number, { release, percent }: NonNullable<Channel["canary"]>): boolean {
  return (bucket + Number(`0x${release.slice(0, 8)}`) / 2 ** 32) % 1 < percent / 100;
}
