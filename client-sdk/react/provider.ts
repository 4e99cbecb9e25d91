/**
 * The recommender that a tree of components shares. It is given by the app, or made here and closed when the tree goes.
 */
import { createContext, createElement, useContext, useEffect, useMemo, useState } from "react";
import type { ReactNode } from "react";
import { NearfeedError, createRecommender } from "../index.ts";
import type { Item, Options, Recommender } from "../index.ts";
import { byValue } from "./by-value.ts";

interface WithChildren {
  children?: ReactNode;
}

/** Either the options of a recommender that the provider makes, or a recommender of the app's own, which it never closes. */
export type RecommenderProviderProps =
  | (WithChildren & {
      /**
       * Read by value: a new object that says the same changes nothing, another `consent` is set, any other difference makes
       * another recommender. Functions are those of the first time.
       */
      options: Options;
      recommender?: undefined;
    })
  | (WithChildren & { recommender: Recommender<object>; options?: undefined });

const Context = /* @__PURE__ */ createContext<Recommender<object> | undefined>(undefined);

/** @throws NearfeedError `bad_option` while rendering, as `createRecommender` does */
export function RecommenderProvider(props: RecommenderProviderProps): ReactNode {
  const { options, recommender, children } = props;
  if (!options && !recommender) {
    throw new NearfeedError("bad_option", "RecommenderProvider needs options or a recommender, got neither", {
      path: "options",
    });
  }
  const own = useOwn(options);
  const value = recommender ?? own;
  return createElement(Context.Provider, { value }, children);
}

/**
 * The recommender of the nearest provider.
 *
 * @throws NearfeedError `bad_option` where there is none
 */
export function useRecommender<T extends object = Item>(): Recommender<T> {
  const recommender = useContext(Context);
  if (!recommender) {
    throw new NearfeedError("bad_option", "useRecommender found no RecommenderProvider above the component", {
      hint: "Wrap the tree in <RecommenderProvider options={{ endpoint }}>.",
    });
  }
  // What the catalogue holds is the app's word, as in createRecommender<T>.
  return recommender as Recommender<T>;
}

interface Own {
  readonly recommender: Recommender<object>;
  /** What was asked for last; a browser's privacy signal may hold the recommender below. */
  consent: Options["consent"];
  mounts: number;
  closed: boolean;
}

function useOwn(options: Options | undefined): Recommender<object> | undefined {
  const [generation, setGeneration] = useState(0);
  const key = options && byValue({ ...options, consent: undefined });
  // Making one starts nothing, so that renders which React throws away cost nothing.
  const own = useMemo(() => options && createOwn(options), [key, generation]);
  const consent = options?.consent ?? "denied";
  useEffect(() => {
    if (!own) return undefined;
    // A tree that React hid for long and shows again: the old one is closed for good.
    if (own.closed) setGeneration((last) => last + 1);
    own.mounts++;
    return () => {
      own.mounts--;
      // React's strict mode takes every effect back and runs it again, all in one go.
      queueMicrotask(() => {
        if (own.mounts > 0 || own.closed) return;
        own.closed = true;
        void own.recommender.close();
      });
    };
  }, [own]);
  useEffect(() => {
    if (!own || own.consent === consent) return;
    own.consent = consent;
    void own.recommender.setConsent(consent);
  }, [own, consent]);
  return own?.recommender;
}

function createOwn(options: Options): Own {
  const consent = options.consent ?? "denied";
  return { recommender: createRecommender<object>(options), consent, mounts: 0, closed: false };
}
