// A shard of what trends: a SQLite Durable Object with the lists of some surfaces and regions. It counts what the stores of
// events pass on, and only items of the catalogue in regions of the catalogue.

import { DurableObject } from "cloudflare:workers";
import type { EdgeEnv } from "../bindings.ts";
import { createLiveReader } from "../catalogue/live-view.ts";
import { activeReleases, createReleaseItems } from "../catalogue/release-items.ts";
import { createTallies, TALLY_SCHEMA } from "./tallies.ts";
import type { Tallies, Tally, TallyLimits } from "./tallies.ts";
import type { TrendingList, Vote } from "./votes.ts";

/** About 40 MB of tables, if all of it is ever full. */
const LIMITS: TallyLimits = { items: 2_000, lists: 200, people: 500_000 };

/** Objects of one isolate share the ids of a large catalogue. */
const releaseItems = createReleaseItems({ now: Date.now, of: activeReleases });
const live = createLiveReader({ now: Date.now });

/** One shard. */
export class Trending extends DurableObject<EdgeEnv> {
  readonly #tallies: Tallies;

  constructor(state: DurableObjectState, env: EdgeEnv) {
    super(state, env);
    state.storage.sql.exec(TALLY_SCHEMA);
    this.#tallies = createTallies(state.storage.sql, LIMITS);
  }

  /**
   * Counts votes of a store in one transaction. Votes that it has passed on before are not counted again.
   * @throws NearfeedError unavailable where it cannot be known what is an item; the store passes them on again
   */
  async count(source: string, votes: readonly Vote[]): Promise<void> {
    const [released, changed] = await Promise.all([releaseItems.read(this.env), live.read(this.env)]);
    const known = await released.among([...new Set(votes.map(({ item }) => item))]);
    const isCounted = ({ item, region }: Vote): boolean =>
      (changed.has(item) || known.has(item)) &&
      !changed.isDeleted(item) &&
      (region === "" || released.hasRegion(region));
    this.ctx.storage.transactionSync(() => this.#tallies.count(source, votes, { now: Date.now(), isCounted }));
  }

  /** The items of a list with the highest counts now. */
  top(list: TrendingList, count: number): Tally[] {
    return this.#tallies.top(list, { count, now: Date.now() });
  }
}
