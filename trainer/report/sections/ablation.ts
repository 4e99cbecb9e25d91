/** What the lists lean on. */
import type { AblationPart } from "../ablation.ts";
import type { ListFigures } from "../figures.ts";
import type { Html } from "../html.ts";
import { count, decimal, signed } from "../numbers.ts";
import { dataTable, figure, type Section } from "../page.ts";
import { whiskerPlot } from "../plots/rows.ts";

/** Families of features, in words. */
const FAMILIES: Readonly<Record<string, string>> = {
  posterior: "taste and intent",
  linear: "linear score",
  recentCosine: "cosine to recent",
  cosineWindow: "cosine in windows",
  aversionWindow: "cosine to unwanted",
  recentNeighbour: "recent neighbours",
  neighbourWindow: "neighbours in windows",
  category: "categories",
  author: "author",
  item: "item",
  person: "person",
  source: "source",
};

export function ablationSection({ ablation }: ListFigures): Section {
  const { linear, deep } = ablation;
  return {
    id: "ablation",
    title: "What the lists lean on",
    lead: `${leanOn(linear)} Nothing is trained again without a part: this is what the release rests on, not what could be had without it.`,
    content: [
      partFigure(
        "Without a term of the linear score",
        linear,
        (name) => name,
        `Change of NDCG@10 when a term counts for nothing, for ${count(linear.people)} people, one list each; with all terms it is ${decimal(linear.whole.mean, 3)} (${decimal(linear.whole.low, 3)} to ${decimal(linear.whole.high, 3)}). Left of zero: the lists are worse without it.`,
      ),
      deep &&
        partFigure(
          "Without a family of the ranker's features",
          deep,
          (name) => FAMILIES[name] ?? name,
          `Change of NDCG@10 of the deep floor when the columns of a family hold their mean, for ${count(deep.people)} people, one list each; with all features it is ${decimal(deep.whole.mean, 3)} (${decimal(deep.whole.low, 3)} to ${decimal(deep.whole.high, 3)}). Families that change nothing are left out.`,
        ),
    ],
  };
}

function leanOn({ rows }: AblationPart): string {
  const certain = rows.filter(({ change }) => change.high < 0).map(({ without }) => without);
  if (certain.length === 0) return "No single term of the linear score is missed beyond its interval.";
  return `The linear score is worse beyond its interval without ${certain.join(", or without ")}.`;
}

function partFigure(title: string, { rows }: AblationPart, nameOf: (name: string) => string, caption: string): Html {
  return figure(
    title,
    whiskerPlot({
      of: "without",
      quantity: "change of NDCG@10",
      rows: rows.map(({ without, change }) => ({ name: nameOf(without), ...change, tone: "own" as const })),
      format: signed,
      includes: [0],
    }),
    caption,
    dataTable(
      ["without", "change of NDCG@10", "95 % interval"],
      rows.map(({ without, change }) => [
        nameOf(without),
        signed(change.mean),
        `${signed(change.low)} to ${signed(change.high)}`,
      ]),
    ),
  );
}
