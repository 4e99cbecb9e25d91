/**
 * The release in use and everything it is made of: bytes of files and pool, tombstones, rules, maps. Takes another one
 * into use in one swap, when all of it is here and decodes. When that is due, and where bytes may come from, is
 * `releases.ts`.
 */
import { deviceFiles, FILE_ROLES } from "../../shared/release.ts";
import type { Release, ReleaseFile } from "../../shared/release.ts";
import type { Rule } from "../../shared/rules.ts";
import type { SpaceMap } from "../../shared/space-map-file.ts";
import { decodeCatalogue, decodeMap, decodeModel, decodePool } from "../engine/held.ts";
import type { Origin } from "../engine/held.ts";
import { withMap } from "../engine/space-maps.ts";
import type { StoredFile } from "../storage/schema.ts";
import type { Hold } from "../engine/holder.ts";
import type { Store } from "../storage/store.ts";
import { bringFiles } from "./files.ts";
import type { FileBytes, FileSource } from "./files.ts";

/**
 * What is held: the start pool, the whole catalogue, or the start pool and beside it what is near the person's interests,
 * chosen here by interest cells or at the edge by query vectors.
 */
export type Mode = "start" | "device" | "pool" | "edge";

/** What a manifest offers to take into use. */
export interface Offer {
  readonly release: Release;
  readonly tombstones: readonly string[];
  readonly rules: readonly Rule[];
}

/** Where a release comes from. */
export interface ReleaseSource extends FileSource {
  startPool(release: Release): Promise<Uint8Array<ArrayBuffer>>;
  /** As of now: more files may follow. */
  origin(): Origin;
}

interface Installed extends Offer {
  readonly maps: readonly SpaceMap[];
  readonly files: FileBytes;
  readonly pool: { readonly release: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined;
}

export interface ReleaseInUseOptions {
  readonly hold: Hold;
}

export interface ReleaseInUse {
  /** Bytes of the files in use, by hash. */
  readonly files: FileBytes;
  /**
   * Takes a release into use, as far as the mode wants it. What is in use stays where that fails.
   *
   * @throws NearfeedError of the source and of the formats
   */
  take(offer: Offer, mode: Mode, from: ReleaseSource): Promise<void>;
  /** Goes on from the maps of an earlier visit. */
  knows(earlier: readonly SpaceMap[]): void;
  /** What a channel says of the release in use. */
  follow(said: Pick<Offer, "tombstones" | "rules">): Promise<void>;
  /** Writes what is in use. */
  persist(store: Store): Promise<void>;
}

export function createReleaseInUse({ hold }: ReleaseInUseOptions): ReleaseInUse {
  /** Of what is in use, and of what is about to be. */
  let files: FileBytes = new Map();
  let pool: { release: string; bytes: Uint8Array<ArrayBuffer> } | undefined;
  /** What is in use, as it is to be stored: what is about to be is no part of it. */
  let installed: Installed | undefined;
  /** Of an earlier visit. */
  let maps: readonly SpaceMap[] = [];

  /** A pool, with the linear floor where its constants came too. */
  async function holdPool({ release, tombstones, rules }: Offer, mode: Mode, from: ReleaseSource): Promise<void> {
    const [bytes, constants, others] = await Promise.all([
      pool?.release === release.id ? pool.bytes : from.startPool(release),
      bringFiles(from, [release.files.constants], files).catch(() => undefined),
      bringFiles(from, filesBesidePool(release, mode), files),
    ]);
    const since = performance.now();
    const bytesOfConstants = constants?.get(release.files.constants.sha256);
    const model = bytesOfConstants && decodeModel(release, bytesOfConstants);
    const items = decodePool(release, bytes, model);
    const known = mapsWith(release, others);
    pool = { release: release.id, bytes };
    const { encoder, ranker } = release.files;
    const kept = [encoder, ranker].flatMap((file) => (file && files.has(file.sha256) ? [file.sha256] : []));
    files = new Map([...kept.map((hash) => [hash, files.get(hash)!] as const), ...(constants ?? []), ...others]);
    const next = { release, origin: from.origin(), tombstones: new Set(tombstones), rules, items, maps: known };
    await hold(() => ({ ...next, ...(model && { model }) }), performance.now() - since);
    installed = { release, tombstones, rules, maps: known, files, pool };
  }

  /** The whole catalogue: every file is here, checked and decoded before anything changes. */
  async function holdCatalogue({ release, tombstones, rules }: Offer, from: ReleaseSource): Promise<void> {
    const wanted = deviceFiles(release).filter((file) => file !== release.files.cells);
    const brought = await bringFiles(from, wanted, files);
    const since = performance.now();
    const bytesOf = (role: (typeof FILE_ROLES)[number]) => brought.get(release.files[role]!.sha256)!;
    const model = decodeModel(release, bytesOf("constants"));
    const catalogue = {
      index: bytesOf("index"),
      ids: bytesOf("ids"),
      catalog: bytesOf("catalog"),
      neighbours: bytesOf("neighbours"),
    };
    const items = decodeCatalogue(release, catalogue, model, from.trustStore);
    const known = mapsWith(release, brought);
    const before = files;
    files = brought;
    try {
      const next = {
        release,
        origin: from.origin(),
        tombstones: new Set(tombstones),
        rules,
        items,
        maps: known,
        model,
      };
      await hold(() => next, performance.now() - since);
      installed = { release, tombstones, rules, maps: known, files, pool };
    } catch (error) {
      files = before;
      throw error;
    }
  }

  function mapsWith(release: Release, brought: FileBytes): readonly SpaceMap[] {
    const { spaceMap } = release.files;
    const bytes = spaceMap && brought.get(spaceMap.sha256);
    return withMap(installed?.maps ?? maps, bytes && decodeMap(release, bytes));
  }

  return {
    get files() {
      return files;
    },
    take: (offer, mode, from) => (mode === "device" ? holdCatalogue(offer, from) : holdPool(offer, mode, from)),
    knows(earlier) {
      maps = earlier;
    },
    async follow({ tombstones, rules }) {
      await hold((now) => now && { ...now, tombstones: new Set(tombstones), rules });
      if (installed) installed = { ...installed, tombstones, rules };
    },
    async persist(store) {
      if (!installed) return;
      const { files: used, pool: start, ...state } = installed;
      const stored: StoredFile[] = [...used].map(([sha256, bytes]) => ({ sha256, bytes }));
      await store.putRelease(stored, { installed: state, ...(start && { pool: start }) });
    },
  };
}

/** What ranks the pool, and what chooses it. */
function filesBesidePool({ files }: Release, mode: Mode): ReleaseFile[] {
  if (mode === "start") return [];
  const cells = mode === "pool" ? files.cells : undefined;
  return [files.encoder, files.ranker, files.spaceMap, cells].filter((file) => file !== undefined);
}
