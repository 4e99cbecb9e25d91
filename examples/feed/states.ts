/**
 * The states a page can be in, each reachable by `?state=…`, so that people who work on it can look at them. Every one is
 * the real thing, brought about from outside: an edge that is silent, a network that is gone, a browser without storage.
 */
import type { Filter, Options, Recommender } from "nearfeed";
import type { Film } from "./film.ts";

interface State {
  readonly options?: Partial<Options>;
  readonly filter?: Filter;
  /** Runs once the first films are there. */
  readonly begin?: (recommender: Recommender<Film>) => Promise<unknown>;
  /** What the edge would say of a training. */
  readonly training?: unknown;
}

const never: typeof fetch = () => new Promise(() => {});

/** Genres that no film has together. */
const NO_FILM: Filter = { categories: { all: ["Western", "Film-Noir", "Children", "Documentary"] } };

const LIKES = 5;

async function like(recommender: Recommender<Film>): Promise<void> {
  const { entries } = await recommender.recommend({
    surface: "browse",
    count: LIKES,
    filter: { categories: { all: ["Sci-Fi", "Adventure"] } },
  });
  for (const entry of entries) recommender.track("like", entry);
}

/** A network that is there until it is gone. */
function breakable(): { fetch: typeof fetch; cut(): void } {
  let isCut = false;
  return {
    fetch: (...request) => (isCut ? Promise.reject(new TypeError("Failed to fetch")) : fetch(...request)),
    cut: () => void (isCut = true),
  };
}

/** An edge that turns to offering a release that nobody can read. */
function tampering(): { fetch: typeof fetch; turn(): void } {
  let isBad = false;
  return {
    async fetch(input, init) {
      const response = await fetch(input, init);
      const url = input instanceof Request ? input.url : String(input);
      if (!isBad || !url.includes("/v1/manifest")) return response;
      const manifest = (await response.json()) as { release: { dim: number } };
      return Response.json({ ...manifest, release: { ...manifest.release, dim: -1 } });
    },
    turn: () => void (isBad = true),
  };
}

const network = breakable();
const edge = tampering();

const STATES: Readonly<Record<string, State>> = {
  training: { training: { leftMs: 83_000 } },
  skeleton: { options: { fetch: never } },
  cold: { begin: (recommender) => recommender.erase() },
  warm: { begin: like },
  offline: {
    options: { fetch: network.fetch },
    async begin(recommender) {
      await like(recommender);
      network.cut();
      await recommender.sync();
    },
  },
  // Nothing lies there: the runtime of the deep floor cannot be loaded.
  linear: { options: { wasmPaths: new URL("./no-such-folder/", location.href).href }, begin: like },
  "no-storage": {
    options: { worker: () => new Worker(new URL("./storeless-worker.ts", import.meta.url), { type: "module" }) },
  },
  empty: { filter: NO_FILM },
  refused: {
    options: { fetch: edge.fetch },
    async begin(recommender) {
      edge.turn();
      await recommender.sync();
    },
  },
  erased: {
    async begin(recommender) {
      await like(recommender);
      await recommender.erase();
    },
  },
};

/** The state that the address asks for, with a store of its own; undefined where it asks for none. */
export function askedState(): (State & { readonly options: Partial<Options>; readonly name: string }) | undefined {
  const name = new URLSearchParams(location.search).get("state") ?? "";
  const state = Object.hasOwn(STATES, name) ? STATES[name] : undefined;
  return state && { ...state, name, options: { namespace: `state-${name}`, ...state.options } };
}
