/**
 * Brings releases to the device, from the edge or from the store: which one is current, whether it may be trusted, and
 * when it is looked for. A damaged one is refused and forgotten; how one is taken into use is `release-in-use.ts`.
 */
import { canonicalJson } from "../../shared/canonical-json.ts";
import type { Channel } from "../../shared/channel.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { deviceFiles } from "../../shared/release.ts";
import type { Release } from "../../shared/release.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { Held, Origin } from "../engine/held.ts";
import type { Hold } from "../engine/holder.ts";
import type { SyncAnswer } from "../messages.ts";
import { asNearfeedError, plainError } from "../plain-error.ts";
import { hasNativeHash } from "../runtime.ts";
import type { Store } from "../storage/store.ts";
import type { Bucket } from "./canary.ts";
import { createDownloads, problemOf } from "./download.ts";
import type { FileBytes } from "./files.ts";
import { get } from "./http.ts";
import type { Send } from "./http.ts";
import { createRefusals } from "./refusals.ts";
import { fetchManifest } from "./manifest.ts";
import { createReleaseInUse } from "./release-in-use.ts";
import type { Mode, Offer, ReleaseSource } from "./release-in-use.ts";
import type { Trust } from "./trust.ts";

/**
 * Why a sync is wanted.
 *
 * - `need`: there is no release here, or it is not known to be the last. Shares the answer of one that is under way.
 * - `poll`: as `need`. Fetches a release that was refused again only once the channel has moved, or after a while: damage
 *   at the edge must not cost every visitor a download every few seconds.
 * - `asked`: whoever asks knows of something new, so it begins after what is under way, which may not have seen it.
 */
export type SyncReason = "need" | "poll" | "asked";

export interface ReleasesOptions {
  readonly endpoint: string;
  readonly channel: string;
  readonly language: string | null;
  readonly region: string | null;
  readonly send: Send;
  readonly trust: Trust;
  readonly bucket: Pick<Bucket, "value">;
  /** What consent allows just now, and fits. */
  readonly mode: (release: Release) => Mode;
  readonly store: () => Store | undefined;
  readonly held: () => Held | undefined;
  readonly hold: Hold;
}

export interface Releases {
  /** Takes the stored release into use. @returns false where there is none, or not all of it */
  restore(): Promise<boolean>;
  /** Takes over what another tab has stored. @returns false where that is not all this one needs */
  adopt(): Promise<boolean>;
  /** Looks for a new release. Never rejects. */
  sync(reason: SyncReason): Promise<SyncAnswer>;
  /** True when the last request reached nobody. */
  readonly offline: boolean;
  /** What the edge said the last time; undefined where it has not been heard in this visit. */
  readonly channel: Channel | undefined;
  /** Bytes of the files in use, by hash. */
  readonly files: FileBytes;
  /**
   * Looks whether the files taken from the store are still what was stored. Damaged ones are reported and deleted, and the
   * next sync brings the release anew. Not where the browser has no hash of its own: that would hold up everything else.
   */
  audit(): Promise<void>;
  /** Writes what is in use to the store, where that may hold it. */
  persist(): Promise<void>;
}

export function createReleases(options: ReleasesOptions): Releases {
  const { endpoint, send, trust } = options;
  const inUse = createReleaseInUse(options);
  let heldMode: Mode | undefined;
  let offline = false;
  let heard: Channel | undefined;
  /** Of the release that is being brought, or was last. */
  let fetched = { release: "", bytes: 0 };
  const refusals = createRefusals();
  const downloads = createDownloads();
  let running: Promise<SyncAnswer> | undefined;
  /** Begins when the running one has ended. */
  let queued: Promise<SyncAnswer> | undefined;

  function network({ id }: Release): ReleaseSource {
    const count = (fetched = fetched.release === id ? fetched : { release: id, bytes: 0 });
    return {
      endpoint,
      send,
      downloads: {
        async file(file, from) {
          const bytes = await downloads.file(file, from);
          count.bytes += bytes.length;
          return bytes;
        },
      },
      store: options.store(),
      startPool: fetchPool,
      origin: () => originOf(count.bytes),
    };
  }

  function originOf(bytes: number): Origin {
    return { bytes, verified: trust.strict ? "signature" : "hash" };
  }

  function fetchPool(release: Release): Promise<Uint8Array<ArrayBuffer>> {
    const { language, region } = options;
    const place = {
      // The edge refuses names that are not in the release's lists.
      ...(language !== null && release.languages.includes(language) && { language }),
      ...(region !== null && release.regions.includes(region) && { region }),
    };
    return get(send, `${endpoint}${ROUTES.start(release.id, place)}`, "default");
  }

  async function persist(): Promise<void> {
    const store = options.store();
    if (store) await inUse.persist(store);
  }

  async function install(offer: Offer, mode: Mode): Promise<void> {
    const wanted = deviceFiles(offer.release).map(({ sha256 }) => sha256);
    void downloads.keepOnly(wanted, options.store());
    // Where nothing is shown yet the start pool comes first, and its absence does not hold up the rest.
    if (mode !== "start" && !options.held()) await inUse.take(offer, "start", network(offer.release)).catch(() => {});
    await inUse.take(offer, mode, network(offer.release));
    heldMode = mode;
    void downloads.keepOnly([], undefined);
    await persist();
  }

  async function syncOnce(isPoll: boolean): Promise<SyncAnswer> {
    let candidate: Channel | undefined;
    try {
      const manifest = await fetchManifest(endpoint, options.channel, send, options.bucket.value);
      offline = false;
      await trust.check(manifest);
      const { channel, release, tombstones } = manifest;
      heard = channel;
      const { rules = [] } = channel;
      const offer = { release, tombstones, rules };
      const expired = trust.expiry(channel);
      const about = { release: release.id, ...(expired && { error: plainError(expired, "expired_channel") }) };
      const mode = options.mode(release);
      const current = options.held();
      if (current?.release.id !== release.id || heldMode !== mode || !current.model) {
        const known = isPoll ? refusals.of(channel) : undefined;
        if (known) return known;
        const isOther = current ? current.release.id !== release.id : trust.strict;
        if (expired && isOther) throw expired;
        candidate = channel;
        await install(offer, mode);
        return { status: "updated", ...about };
      }
      if (!sameIds(current.tombstones, tombstones) || canonicalJson(current.rules) !== canonicalJson(rules)) {
        await inUse.follow(offer);
        await persist();
      }
      return { status: "unchanged", ...about };
    } catch (cause) {
      const error = asNearfeedError(cause, "bad_release");
      offline = error.code === "offline";
      const release = options.held()?.release.id ?? null;
      const answer: SyncAnswer = {
        status: offline ? "offline" : "refused",
        release,
        error: plainError(refusal(error), "bad_release"),
      };
      if (candidate && !offline) refusals.add(candidate, answer);
      return answer;
    }
  }

  async function restore(): Promise<boolean> {
    const store = options.store();
    const stored = await store?.state("installed");
    if (!store || !stored) return false;
    const mode = options.mode(stored.release);
    const offer = { ...stored, rules: stored.rules ?? [] };
    const startPool = (release: Release) => storedPool(store, release);
    const here = {
      endpoint,
      store,
      send: noNetwork,
      downloads: { file: noNetwork },
      startPool,
      trustStore: true,
      origin: () => originOf(0),
    };
    try {
      await trust.checkRelease(stored.release);
      inUse.knows(stored.maps ?? []);
      await inUse.take(offer, mode, here);
      heldMode = mode;
      return true;
    } catch {
      return false;
    }
  }

  function begin(isPoll: boolean): Promise<SyncAnswer> {
    const answer = syncOnce(isPoll).finally(() => (running = undefined));
    running = answer;
    return answer;
  }

  function sync(reason: SyncReason): Promise<SyncAnswer> {
    if (!running) return begin(reason === "poll");
    if (reason !== "asked") return running;
    queued ??= running.then(() => {
      queued = undefined;
      return begin(false);
    });
    return queued;
  }

  return {
    get offline() {
      return offline;
    },
    get channel() {
      return heard;
    },
    get files() {
      return inUse.files;
    },
    restore,
    async adopt() {
      const stored = await options.store()?.state("installed");
      if (!stored) return true;
      if (stored.release.id !== options.held()?.release.id) return restore();
      await inUse.follow({ tombstones: stored.tombstones, rules: stored.rules ?? [] });
      return true;
    },
    async audit() {
      const { files } = inUse;
      const release = hasNativeHash() ? options.held()?.release : undefined;
      const used = release ? deviceFiles(release).filter(({ sha256 }) => files.has(sha256)) : [];
      const problems = await Promise.all(used.map((file) => problemOf(file, files.get(file.sha256)!)));
      const damaged = used.filter((_, i) => problems[i] !== undefined);
      if (damaged.length === 0) return;
      for (const { sha256 } of damaged) files.delete(sha256);
      heldMode = undefined;
      await options.store()?.dropFiles(damaged.map(({ sha256 }) => sha256));
      const names = damaged.map(({ name }) => name).join(", ");
      throw new NearfeedError("storage", `Stored files were damaged: ${names} (${problems.find(Boolean)}).`, {
        hint: "They are fetched again as soon as the edge can be reached.",
      });
    },
    sync,
    persist,
  };
}

/** Damage has many names in the formats; to an app it is one thing: the release was refused. */
function refusal(error: NearfeedError): NearfeedError {
  const damage = ["bad_format", "wrong_space", "wrong_version"].includes(error.code);
  if (!damage) return error;
  return new NearfeedError("bad_release", error.message, { path: error.path, hint: error.hint, cause: error });
}

/** The pool that was in use last, for as long as its release is. */
async function storedPool(store: Store, release: Release): Promise<Uint8Array<ArrayBuffer>> {
  const pool = await store.state("pool");
  return pool?.release === release.id ? pool.bytes : noNetwork();
}

function noNetwork(): Promise<never> {
  return Promise.reject(new Error("not stored"));
}

function sameIds(held: ReadonlySet<string>, given: readonly string[]): boolean {
  return held.size === given.length && given.every((id) => held.has(id));
}
