/**
 * What stands on which page of the reference, in the order in which somebody meets it. What an entry exports and no group
 * names comes last, under "More types", so that nothing is left out.
 */

import { SHARD_SLOTS } from "../../edge/shards/plan.ts";

export interface Group {
  readonly title: string;
  /** Markdown. */
  readonly about?: string;
  /** Names of declarations; `Recommender.feed` is one member of an interface whose members are spread over groups. */
  readonly names: readonly string[];
}

export interface Page {
  readonly path: string;
  readonly title: string;
  readonly about: string;
  readonly entries: readonly Entry[];
  /** Adds the table of all error codes. */
  readonly errorCodes: boolean;
}

export interface Entry {
  /** As it is imported. */
  readonly name: string;
  readonly file: string;
  /** Interfaces whose members stand in the groups, one by one. */
  readonly spread: readonly string[];
  readonly groups: readonly Group[];
}

const SDK: Entry = {
  name: "nearfeed",
  file: "client-sdk/index.ts",
  spread: ["Recommender"],
  groups: [
    {
      title: "Create a recommender",
      about: "One for a page: it holds the profile, the release and the worker that all lists share.",
      names: [
        "createRecommender",
        "Options",
        "Retrieval",
        "Recommender",
        "Recommender.sync",
        "SyncResult",
        "Recommender.close",
      ],
    },
    {
      title: "Lists",
      about: "A list is made once and stays as it is. None of these calls throws or rejects.",
      names: [
        "Recommender.recommend",
        "Recommender.rank",
        "Recommender.similar",
        "Query",
        "Filter",
        "ListOptions",
        "List",
        "Entry",
        "Item",
        "Floor",
        "Source",
        "Moved",
      ],
    },
    {
      title: "Feeds",
      about: "A feed is a list that lives: it is ranked anew after every event, below what is on the screen.",
      names: ["Recommender.feed", "Feed", "FeedSnapshot"],
    },
    {
      title: "Tracking",
      about: "What a person did. [observe.md](observe.md) says what counts as an impression, a view and a skip.",
      names: [
        "Recommender.track",
        "Recommender.undo",
        "Recommender.observe",
        "EventType",
        "TrackedType",
        "EventDetails",
        "DetailsArgument",
      ],
    },
    {
      title: "Why it is here",
      names: ["Recommender.explain", "Explanation", "Term", "Selection"],
    },
    {
      title: "What is known of the person",
      about: "To be shown, corrected and taken along: [storage.md](storage.md).",
      names: [
        "Recommender.profile",
        "Profile",
        "ProfileSummary",
        "CategoryInterest",
        "RecentPositive",
        "ProfileExport",
        "ProfileMark",
        "ExportedKnown",
        "ImportResult",
      ],
    },
    {
      title: "Consent and erasure",
      about: "What each level stores and sends: [privacy.md](privacy.md).",
      names: ["Consent", "Recommender.consent", "Recommender.setConsent", "Recommender.erase", "EraseResult"],
    },
    { title: "Being told", names: ["Recommender.on", "Notices", "StageTimings", "Verified"] },
    {
      title: "Looking into it",
      about: "For a bug report, a test, or the panel of [devtools.md](devtools.md).",
      names: ["Recommender.inspect", "Inspection", "InspectedRelease", "InspectedChannel", "InspectedEvent"],
    },
    { title: "Errors", names: ["NearfeedError", "ErrorCode"] },
  ],
};

const REACT: Entry = {
  name: "nearfeed/react",
  file: "client-sdk/react.ts",
  spread: [],
  groups: [
    {
      title: "React",
      about: "`nearfeed/react`, described with a whole app in [react.md](react.md).",
      names: ["RecommenderProvider", "RecommenderProviderProps", "useFeed", "FeedView", "useObserve", "useRecommender"],
    },
  ],
};

const DEVTOOLS: Entry = {
  name: "nearfeed/devtools",
  file: "client-sdk/devtools/index.ts",
  spread: [],
  groups: [
    {
      title: "The panel",
      about: "`nearfeed/devtools`, described in [devtools.md](devtools.md).",
      names: ["mountPanel", "PanelOptions", "Described", "Panel", "PanelView"],
    },
  ],
};

const EDGE: Entry = {
  name: "nearfeed/edge",
  file: "edge/index.ts",
  spread: [],
  groups: [
    {
      title: "The edge in a Worker of your own",
      about: "`nearfeed/edge`. The Worker of this repository, `edge/worker.ts`, is nothing more than this.",
      names: [
        "createEdge",
        "Edge",
        "EdgeOptions",
        "EdgeEnv",
        "EventStore",
        "LogKeeper",
        "Catalogue",
        "Trending",
        ...Array.from({ length: SHARD_SLOTS }, (_, slot) => `IndexShard${slot}`),
      ],
    },
    { title: "What the edge writes", names: ["EventMessage", "LoggedEvent", "ForgetRecord", "DeadLetter"] },
  ],
};

const PROTOCOL: Entry = {
  name: "nearfeed/protocol",
  file: "shared/protocol.ts",
  spread: [],
  groups: [
    {
      title: "The protocol",
      about: "`nearfeed/protocol`: what goes over HTTP, for whoever writes another client or another edge.",
      names: [
        "PROTOCOL_VERSION",
        "ROUTES",
        "HEADERS",
        "MEDIA_TYPES",
        "REQUEST_LIMITS",
        "START_COUNT",
        "SIMILAR_COUNT",
        "TRENDING_COUNT",
      ],
    },
    {
      title: "Requests and answers",
      names: [
        "Manifest",
        "parseManifest",
        "RetrieveRequest",
        "parseRetrieveRequest",
        "TrendingAnswer",
        "TrendingItem",
        "EventsAnswer",
        "ForgetRequest",
        "ForgetAnswer",
        "PutAnswer",
        "PutItemsAnswer",
        "DeleteItemAnswer",
        "HealthAnswer",
      ],
    },
  ],
};

export const PAGES: readonly Page[] = [
  {
    path: "docs/api.md",
    title: "API",
    about:
      "Everything that an app imports, from the source. [quick-start.md](quick-start.md) is the place to begin, and [api-edge.md](api-edge.md) is the edge's side.",
    entries: [SDK, REACT, DEVTOOLS],
    errorCodes: true,
  },
  {
    path: "docs/api-edge.md",
    title: "API of the edge and the protocol",
    about: "For operators who mount the edge in a Worker of their own. Apps need [api.md](api.md) only.",
    entries: [EDGE, PROTOCOL],
    errorCodes: false,
  },
];
