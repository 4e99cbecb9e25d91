/**
 * The quality rows of public data: which files a release is trained on, how it is measured, and what the rows are called.
 * The data is not part of the project; docs/evaluation.md says where it comes from.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ShownData } from "./measure-shown.ts";

/** A figure of the table: a metric of `nearfeed evaluate`, and how rows name it. */
export interface Figure {
  readonly metric: "ndcg" | "hr" | "recall";
  readonly id: string;
  readonly unit: string;
}

export interface PublicData {
  readonly log: string;
  /** Arguments of both commands: how the log is read. */
  readonly read?: readonly string[];
  /** Arguments of `train` beside them. */
  readonly train: readonly string[];
  /** Arguments of `evaluate`, for the table; without them there is none. */
  readonly evaluate?: readonly string[];
  /** Whether it is measured how soon lists follow a person who changes. */
  readonly adaptivity?: boolean;
  /** Whether it is measured what the diversity dial gains and takes. */
  readonly exploration?: boolean;
  /** Events of each person that `train` keeps out, where it is measured what the space of the deep floor keeps. */
  readonly spaceHoldout?: number;
  /** Where the test part of freshness begins, and the minutes that its midnight is east of UTC. */
  readonly freshness?: { readonly from: string; readonly utcOffset: number };
  /** What is measured by what people were shown and left, with a release of its own. */
  readonly shown?: ShownData;
  /**
   * How new items and new people do, by a release of its own that has not met some of the items: what its rows are called,
   * and where its test part begins where that is a moment.
   */
  readonly coldStart?: { readonly id: string; readonly from?: string };
  /** Whether the deep floor is trained too, which takes many minutes. */
  readonly deep: boolean;
  readonly figures: readonly Figure[];
}

const DATA = process.env["NEARFEED_DATA"] ?? join(import.meta.dirname, "../../../shared/data");

const file = (name: string) => join(DATA, name);

const LEAVE_ONE_OUT = {
  train: ["--holdout", "1", "--no-evaluation"],
  evaluate: ["--protocol", "leave-one-out"],
};

/** The figures of a list of ten. */
export const ofTen = (name: string): Figure[] => [
  { metric: "ndcg", id: `quality-${name}-ndcg10`, unit: "NDCG@10" },
  { metric: "hr", id: `quality-${name}-hr10`, unit: "HR@10" },
];

/** Videos have their categories in one text. */
const BY_TAG = ["--item-categories", "tag", "--item-split", ","];

/** The fourth of May where the log was made. */
const KUAIRAND_TEST = "2022-05-04T00:00+08:00";

export const PUBLIC_DATA: Readonly<Record<string, PublicData>> = {
  "ml-1m": {
    log: file("ml-1m/interactions.parquet"),
    train: [...LEAVE_ONE_OUT.train, "--items", file("ml-1m/movies.parquet"), "--item-split", "|"],
    evaluate: LEAVE_ONE_OUT.evaluate,
    adaptivity: true,
    exploration: true,
    spaceHoldout: 1,
    deep: true,
    figures: ofTen("ml-1m"),
  },
  beauty: {
    log: file("beauty/interactions.parquet"),
    train: [...LEAVE_ONE_OUT.train, "--items", file("beauty/items.parquet")],
    evaluate: LEAVE_ONE_OUT.evaluate,
    coldStart: { id: "quality-beauty" },
    deep: false,
    figures: ofTen("beauty"),
  },
  gowalla: {
    log: file("gowalla/train.parquet"),
    read: ["--unordered"],
    train: ["--holdout", "0"],
    evaluate: ["--protocol", "split", "--test", file("gowalla/test.parquet")],
    deep: false,
    figures: [
      { metric: "recall", id: "quality-gowalla-recall20", unit: "Recall@20" },
      { metric: "ndcg", id: "quality-gowalla-ndcg20", unit: "NDCG@20" },
    ],
  },
  "kuairand-pure": {
    log: file("kuairand-pure/events.parquet"),
    read: ["--dwell-ms", "play_time_ms"],
    train: ["--holdout", "0", "--until", KUAIRAND_TEST, "--items", file("kuairand-pure/videos.parquet"), ...BY_TAG],
    adaptivity: true,
    freshness: { from: KUAIRAND_TEST, utcOffset: 8 * 60 },
    shown: {
      log: file("kuairand-pure/events.parquet"),
      earlier: file("kuairand-pure/earlier_sequences.parquet"),
      items: file("kuairand-pure/videos.parquet"),
      from: Date.parse(KUAIRAND_TEST),
    },
    coldStart: { id: "quality-kuairand", from: KUAIRAND_TEST },
    deep: true,
    figures: [],
  },
};

/** The file that a data set lacks here; undefined where all is there. */
export function missingFile({ log, train, evaluate = [], shown }: PublicData): string | undefined {
  return [log, ...train, ...evaluate, ...(shown ? [shown.earlier] : [])].find(
    (text) => text.endsWith(".parquet") && !existsSync(text),
  );
}
