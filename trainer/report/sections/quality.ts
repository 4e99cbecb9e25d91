/** How good the lists are: every model of the table, and the differences that matter. */
import type { MetricRow } from "../../evaluate/protocols.ts";
import type { QualityFigures } from "../figures.ts";
import { html } from "../html.ts";
import { count, decimal, percent, signed } from "../numbers.ts";
import { dataTable, figure, type Section } from "../page.ts";
import { whiskerPlot } from "../plots/rows.ts";
import { floorVerdict } from "../verdict.ts";

/** What a release consists of; everything else is there to be held against it. */
const OWN = new Set(["deep", "linear", "selected", "unexplored"]);

/** What rows are, in words. */
const WORDS: Readonly<Record<string, string>> = {
  deep: "the encoder and the ranker over the linear score's best",
  linear: "the linear score alone",
  selected: "the list as it is shown, with variety and exploration",
  unexplored: "the same without exploration",
  "item-knn": "the neighbour lists alone",
  ials: "the item vectors alone (iALS)",
  popularity: "what is liked most, the same for everybody",
  random: "chance",
};

const METRICS = ["ndcg", "hr", "mrr", "recall"] as const;

export function qualitySection({ models, differences, length, protocol, holdout }: QualityFigures): Section {
  const names = Object.keys(models);
  const [first] = Object.values(models);
  const asSet = protocol === "split";
  const titles: Record<(typeof METRICS)[number], string> = {
    ndcg: `NDCG@${length}`,
    hr: `HR@${length}`,
    mrr: "MRR",
    recall: `Recall@${length}`,
  };
  const metrics = METRICS.filter((metric) => first[metric] !== undefined);
  const held = asSet
    ? `${count(holdout)} events of each of ${count(first.people)} people were kept out, and guessed as one set`
    : `the last ${count(holdout)} events of each of ${count(first.people)} people were kept out, and guessed one after the other, each from all that came before it`;
  return {
    id: "quality",
    title: "Quality",
    lead: html`${capital(held)}: ${count(first.targets)} likes, for each of which all items are ranked but those met
    before. ${floorVerdict({ models, differences, length })}`,
    content: [
      figure(
        `${titles.ndcg} of every model`,
        whiskerPlot({
          of: "model",
          quantity: titles.ndcg,
          rows: names.map((name) => ({
            name,
            ...estimate(models[name], "ndcg"),
            tone: OWN.has(name) ? "own" : "other",
          })),
          format: decimal,
          includes: [0],
        }),
        html`Blue is this release, orange what it is held against.
        ${names
          .filter((name) => WORDS[name] !== undefined)
          .map((name, i) => html`${i > 0 && " · "}<b>${name}</b>: ${WORDS[name]}`)}.`,
        dataTable(
          ["model", ...metrics.flatMap((metric) => [titles[metric], "95 % interval"]), "targets", "people"],
          names.map((name) => [
            name,
            ...metrics.flatMap((metric) => {
              const { mean, low, high } = estimate(models[name], metric);
              return [decimal(mean), `${decimal(low)}–${decimal(high)}`];
            }),
            count(models[name].targets),
            count(models[name].people),
          ]),
        ),
      ),
      Object.keys(differences).length > 0 &&
        figure(
          "What is better than what",
          whiskerPlot({
            of: "difference",
            quantity: `difference of ${titles.ndcg}`,
            rows: Object.entries(differences).map(([name, of]) => ({
              name: name.replace(" - ", " − "),
              ...of,
              tone: "own" as const,
            })),
            format: signed,
            includes: [0],
          }),
          "Both models of a row rank the same events of the same people. Where the line crosses zero, these people are too few to tell the two apart.",
          dataTable(
            ["difference", titles.ndcg, "95 % interval"],
            Object.entries(differences).map(([name, { mean, low, high }]) => [
              name.replace(" - ", " − "),
              signed(mean),
              `${signed(low)} to ${signed(high)}`,
            ]),
          ),
        ),
    ],
  };
}

function estimate(row: MetricRow, metric: (typeof METRICS)[number]) {
  const [low, high] = row.intervals[metric];
  return { mean: row[metric]!, low, high };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Figures of the head of the report. */
export function qualityTiles({ models, length }: QualityFigures, floor: "deep" | "linear") {
  const own = models[floor];
  const metric = own.hr === undefined ? ("recall" as const) : ("hr" as const);
  const range = (of: "ndcg" | "hr" | "recall", format: (value: number) => string) => {
    const { low, high } = estimate(own, of);
    return `${format(low)} to ${format(high)}`;
  };
  return [
    {
      name: metric === "hr" ? `liked next is in the first ${length}` : `of later likes in ${length} places`,
      value: percent(own[metric]!),
      more: range(metric, percent),
    },
    {
      name: `NDCG@${length}, ${floor} floor`,
      value: decimal(own.ndcg, 3),
      more: range("ndcg", (value) => decimal(value, 3)),
    },
  ];
}
