/** The table of the protocol `temporal`: GAUC and AUC of every label by every model, with intervals and paired differences. */
import { groupedAuc, overallAuc } from "./auc.ts";
import { createBootstrap, type Estimate, type PeopleFigure, type PersonSums } from "./bootstrap.ts";
import { FEED_LABELS, type FeedLabel } from "../read/feed-labels.ts";
import type { TemporalScores } from "./temporal.ts";
import { formatNamedDifference } from "./format-difference.ts";

export interface TemporalRow {
  readonly gauc: Estimate;
  readonly auc: Estimate;
}

export interface LabelTable {
  readonly exposures: number;
  readonly taken: number;
  /** People of whom something was taken and something left: those that GAUC is of. */
  readonly people: number;
  readonly models: Readonly<Record<string, TemporalRow>>;
  /** GAUC differences "a - b", paired. */
  readonly differences: Readonly<Record<string, Estimate>>;
}

export type TemporalTable = Partial<Readonly<Record<FeedLabel, LabelTable>>>;

/** The release's own rows, each of which is compared with what is plainer and with the rivals. */
const OWN = ["heads", "deep", "linear"];

export function temporalTable({ people, person, labels, models }: TemporalScores, seed: number): TemporalTable {
  return Object.fromEntries(
    FEED_LABELS.flatMap((name) => {
      const label = labels[name];
      return label ? [[name, labelTable(name, label)]] : [];
    }),
  );

  function labelTable(name: FeedLabel, label: Uint8Array): LabelTable {
    const rows: [string, { gauc: PersonSums; auc: PeopleFigure }][] = Object.entries(models).map(([model, scores]) => {
      const scored = { people, person, label, score: scores[name] };
      return [model, { gauc: groupedAuc(scored), auc: overallAuc(scored) }];
    });
    const bootstrap = createBootstrap(
      rows.flatMap(([, { gauc, auc }]) => [gauc, auc]),
      seed,
    );
    const [[, any]] = rows;
    return {
      exposures: label.length,
      taken: label.reduce((sum, each) => sum + each, 0),
      people: any.gauc.count.reduce((sum, weight) => sum + Number(weight > 0), 0),
      models: Object.fromEntries(
        rows.map(([model, { gauc, auc }]) => [model, { gauc: bootstrap.estimate(gauc), auc: bootstrap.estimate(auc) }]),
      ),
      differences: Object.fromEntries(
        rows.flatMap(([a, { gauc }], i) =>
          OWN.includes(a)
            ? rows.slice(i + 1).map(([b, other]) => [`${a} - ${b}`, bootstrap.difference(gauc, other.gauc)])
            : [],
        ),
      ),
    };
  }
}

/** The table as lines for people. */
export function formatTemporal(table: TemporalTable): string[] {
  return FEED_LABELS.flatMap((label) => {
    const of = table[label];
    if (!of) return [];
    const width = Math.max(...Object.keys(of.models).map((name) => name.length));
    return [
      `  ${label}: ${of.taken} of ${of.exposures} exposures, GAUC over ${of.people} people`,
      ...Object.entries(of.models).map(
        ([name, { gauc, auc }]) => `    ${name.padEnd(width)}  GAUC ${cell(gauc)}  AUC ${cell(auc)}`,
      ),
      ...Object.entries(of.differences).map(
        ([pair, difference]) => `    GAUC ${pair}: ${formatNamedDifference(difference)}`,
      ),
    ];
  });
}

function cell({ mean, low, high }: Estimate): string {
  return `${mean.toFixed(4)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}
