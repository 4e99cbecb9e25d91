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
export type { Moved } from "../shared/rules.ts";
export type { Source } from "../shared/sources.ts";
export type {
  InspectedChannel,
  InspectedEvent,
  InspectedRelease,
  Inspection,
  StageTimings,
  Verified,
} from "./inspection.ts";
export type {
  CategoryInterest,
  Consent,
  DetailsArgument,
  Entry,
  EraseResult,
  EventDetails,
  Explanation,
  ExportedCarried,
  ExportedKnown,
  ExportedSignal,
  ExportedSums,
  Feed,
  FeedSnapshot,
  Floor,
  ImportResult,
  List,
  ListOptions,
  Notices,
  Options,
  Profile,
  ProfileExport,
  ProfileMark,
  ProfileSummary,
  Query,
  RecentPositive,
  Recommender,
  Retrieval,
  Selection,
  SyncResult,
  TrackedType,
} from "./types.ts";
