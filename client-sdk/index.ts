/**
 * The public entry of the SDK. No side effects at import; the worker starts with the first call that needs it.
 */
export { createRecommender } from "./recommender.ts";
export { NearfeedError } from "../shared/errors.ts";
export type { ErrorCode } from "../shared/errors.ts";
export type { EventType } from "../shared/event.ts";
export type { Term } from "../shared/explain.ts";
export type { Filter } from "../shared/filter.ts";
export type { Item } from "../shared/item.ts";
export type { Source } from "../shared/sources.ts";
export type {
  CategoryInterest,
  Consent,
  DetailsArgument,
  Entry,
  EraseResult,
  EventDetails,
  Explanation,
  Feed,
  FeedSnapshot,
  Floor,
  List,
  ListOptions,
  Notices,
  Options,
  Profile,
  ProfileSummary,
  Query,
  RecentPositive,
  Recommender,
  Retrieval,
  SyncResult,
  TrackedType,
} from "./types.ts";
