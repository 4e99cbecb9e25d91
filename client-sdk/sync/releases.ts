/**
 * Brings releases to the device and takes them into use: manifest, files, checks, then one swap. What is in use stays
 * until the next one is whole; a damaged one is refused and forgotten.
 */
import { ROUTES } from "../../shared/protocol.ts";
import type { Manifest } from "../../shared/protocol.ts";
import { FILE_ROLES, releaseFiles } from "../../shared/release.ts";
import type { Release } from "../../shared/release.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { decodeCatalogue, decodeModel, decodePool } from "../engine/held.ts";
import type { Held } from "../engine/held.ts";
import type { SyncAnswer } from "../messages.ts";
import { asNearfeedError, plainError } from "../plain-error.ts";
import type { StoredFile } from "../storage/schema.ts";
import type { Store } from "../storage/store.ts";
import { bringFiles } from "./files.ts";
import type { FileBytes, FileSource } from "./files.ts";
import { get } from "./http.ts";
import type { Send } from "./http.ts";
import { fetchManifest } from "./manifest.ts";

/**
 * What is held: the start pool, the whole catalogue, or the start pool and beside it what is near the person's interests,
 * chosen here by interest cells or at the edge by query vectors.
 */
export type Mode = "start" | "device" | "pool" | "edge";

export interface ReleasesOptions {
  readonly endpoint: string;
  readonly channel: string;
  readonly language: string | null;
  readonly region: string | null;
  readonly send: Send;
  /** What consent allows just now, and fits. */
  readonly mode: (release: Release) => Mode;
  readonly store: () => Store | undefined;
  readonly held: () => Held | undefined;
  /** Takes into use what is made of what is in use then. */
  readonly hold: (next: (current: Held | undefined) => Held | undefined) => Promise<void>;
}

export interface Releases {
  /** Takes the stored release into use. @returns false where there is none, or not all of it */
  restore(): Promise<boolean>;
  /**
   * Looks for a new release. Calls while one is under way share its answer. A poll does not fetch a release again that
   * was refused: damage at the edge must not cost every visitor a download every few seconds.
   */
  sync(kind?: { readonly isPoll: boolean }): Promise<SyncAnswer>;
  /** As `sync`, but begins after what is under way: consent has changed what is wanted. */
  resync(): Promise<SyncAnswer>;
  /** True when the last request reached nobody. */
  readonly offline: boolean;
  /** Bytes of the files in use, by hash. */
  readonly files: FileBytes;
  /** Writes what is in use to the store, where that may hold it. */
  persist(): Promise<void>;
}

export function createReleases(options: ReleasesOptions): Releases {
  const { endpoint, send } = options;
  let files: FileBytes = new Map();
  let pool: { release: string; bytes: Uint8Array<ArrayBuffer> } | undefined;
  let heldMode: Mode | undefined;
  let offline = false;
  let refused: { readonly id: string; readonly answer: SyncAnswer } | undefined;
  let running: Promise<SyncAnswer> | undefined;

  function source(): FileSource {
    return { endpoint, send, store: options.store() };
  }

  async function fetchPool(release: Release): Promise<Uint8Array<ArrayBuffer>> {
    const { language, region } = options;
    const place = {
      // The edge refuses names that are not in the release's lists.
      ...(language !== null && release.languages.includes(language) && { language }),
      ...(region !== null && release.regions.includes(region) && { region }),
    };
    return get(send, `${endpoint}${ROUTES.start(release.id, place)}`, "default");
  }

  /** A pool, with the linear floor where its constants came too. */
  async function holdPool({ release, tombstones }: Omit<Manifest, "channel">, via = source(), from = fetchPool) {
    const [bytes, constants] = await Promise.all([
      from(release),
      bringFiles(via, [release.files.constants], files).catch(() => undefined),
    ]);
    const bytesOfConstants = constants?.get(release.files.constants.sha256);
    const model = bytesOfConstants && decodeModel(release, bytesOfConstants);
    const items = decodePool(release, bytes, model);
    pool = { release: release.id, bytes };
    const { encoder, ranker } = release.files;
    const kept = [encoder, ranker].flatMap((file) => (file && files.has(file.sha256) ? [file.sha256] : []));
    files = new Map([...kept.map((hash) => [hash, files.get(hash)!] as const), ...(constants ?? [])]);
    await options.hold(() => ({ release, tombstones: new Set(tombstones), items, ...(model && { model }) }));
  }

  /** The whole catalogue: every file is here, checked and decoded before anything changes. */
  async function holdCatalogue({ release, tombstones }: Omit<Manifest, "channel">, via = source()): Promise<void> {
    const brought = await bringFiles(via, releaseFiles(release), files);
    const bytesOf = (role: (typeof FILE_ROLES)[number]) => brought.get(release.files[role]!.sha256)!;
    const model = decodeModel(release, bytesOf("constants"));
    const catalogue = {
      index: bytesOf("index"),
      ids: bytesOf("ids"),
      catalog: bytesOf("catalog"),
      neighbours: bytesOf("neighbours"),
    };
    const items = decodeCatalogue(release, catalogue, model, via.trustStore);
    const before = files;
    files = brought;
    try {
      await options.hold(() => ({ release, tombstones: new Set(tombstones), items, model }));
    } catch (error) {
      files = before;
      throw error;
    }
  }

  async function persist(): Promise<void> {
    const [store, held] = [options.store(), options.held()];
    if (!store || !held) return;
    const stored: StoredFile[] = [...files].map(([sha256, bytes]) => ({ sha256, bytes }));
    const installed = { release: held.release, tombstones: [...held.tombstones] };
    await store.putRelease(stored, { installed, ...(pool && { pool }) });
  }

  async function install(manifest: Manifest, mode: Mode): Promise<void> {
    if (mode === "device") {
      // Where nothing is shown yet the start pool comes first, and its absence does not hold up the rest.
      if (!options.held()) await holdPool(manifest).catch(() => {});
      await holdCatalogue(manifest);
    } else {
      const { encoder, ranker } = manifest.release.files;
      const models = mode !== "start" && encoder && ranker ? [encoder, ranker] : [];
      files = new Map([...files, ...(await bringFiles(source(), models, files))]);
      await holdPool(manifest);
    }
    heldMode = mode;
    await persist();
  }

  async function syncOnce(isPoll: boolean): Promise<SyncAnswer> {
    let candidate: string | undefined;
    try {
      const manifest = await fetchManifest(endpoint, options.channel, send);
      offline = false;
      const mode = options.mode(manifest.release);
      const current = options.held();
      if (current?.release.id !== manifest.release.id || heldMode !== mode || !current.model) {
        if (isPoll && refused?.id === manifest.release.id) return refused.answer;
        candidate = manifest.release.id;
        await install(manifest, mode);
        return { status: "updated", release: manifest.release.id };
      }
      if (!sameIds(current.tombstones, manifest.tombstones)) {
        await options.hold((now) => now && { ...now, tombstones: new Set(manifest.tombstones) });
        await persist();
      }
      return { status: "unchanged", release: current.release.id };
    } catch (cause) {
      const error = asNearfeedError(cause, "bad_release");
      offline = error.code === "offline";
      const release = options.held()?.release.id ?? null;
      const answer: SyncAnswer = {
        status: offline ? "offline" : "refused",
        release,
        error: plainError(refusal(error), "bad_release"),
      };
      refused = offline || candidate === undefined ? undefined : { id: candidate, answer };
      return answer;
    }
  }

  function sync({ isPoll } = { isPoll: false }): Promise<SyncAnswer> {
    running ??= syncOnce(isPoll).finally(() => (running = undefined));
    return running;
  }

  return {
    get offline() {
      return offline;
    },
    get files() {
      return files;
    },
    async restore() {
      const store = options.store();
      const installed = await store?.state("installed");
      if (!store || !installed) return false;
      const mode = options.mode(installed.release);
      const manifest = { ...installed, tombstones: [...installed.tombstones] };
      const here = { endpoint, store, send: noNetwork, trustStore: true };
      try {
        if (mode === "device") await holdCatalogue(manifest, here);
        else await holdPool(manifest, here, (release) => storedPool(store, release));
        heldMode = mode;
        return true;
      } catch {
        return false;
      }
    },
    sync,
    resync: async () => {
      await running;
      return sync();
    },
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
