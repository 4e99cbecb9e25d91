/** The table of the protocol `temporal`: GAUC and AUC of every label by every model, with intervals and paired differences. */
import { groupedAuc, overallAuc } from "./auc.ts";
import { createBootstrap, type Estimate, type PeopleFigure, type PersonSums } from "./bootstrap.ts";
import { SURFACE_UNSAID } from "../read/dataset.ts";
import { FEED_LABELS, type FeedLabel } from "../read/feed-labels.ts";
import type { TemporalScores } from "./temporal.ts";
import { formatNamedDifference } from "./format-difference.ts";

export interface TemporalRow {
  readonly gauc: Estimate;
  /** GAUC of what was shown in one place, where the log says that: of what a list can do, without what is known of its place. */
  readonly oneSurface?: Estimate;
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
  /** The same of what was shown in one place. */
  readonly oneSurfaceDifferences?: Readonly<Record<string, Estimate>>;
}

export type TemporalTable = Partial<Readonly<Record<FeedLabel, LabelTable>>>;

interface ModelFigures {
  readonly gauc: PersonSums;
  readonly oneSurface?: PersonSums;
  readonly auc: PeopleFigure;
}

/** The release's own rows, each of which is compared with what is plainer and with the rivals. */
const OWN = ["heads", "deep", "linear"];

export function temporalTable(
  { people, person, surface, labels, models }: TemporalScores,
  seed: number,
): TemporalTable {
  return Object.fromEntries(
    FEED_LABELS.flatMap((name) => {
      const label = labels[name];
      return label ? [[name, labelTable(name, label)]] : [];
    }),
  );

  function placeOf(row: number): number | undefined {
    return surface![row] === SURFACE_UNSAID ? undefined : surface![row];
  }

  function labelTable(name: FeedLabel, label: Uint8Array): LabelTable {
    const rows = Object.entries(models).map(([model, scores]): [string, ModelFigures] => {
      const scored = { people, person, label, score: scores[name] };
      const oneSurface = surface && someOrNone(groupedAuc(scored, placeOf));
      return [model, { gauc: groupedAuc(scored), auc: overallAuc(scored), ...(oneSurface && { oneSurface }) }];
    });
    const bootstrap = createBootstrap(
      rows.flatMap(([, { gauc, auc, oneSurface }]) => [gauc, auc, ...(oneSurface ? [oneSurface] : [])]),
      seed,
    );
    const differences = (figure: (of: ModelFigures) => PersonSums) =>
      Object.fromEntries(
        rows.flatMap(([a, own], i) =>
          OWN.includes(a)
            ? rows.slice(i + 1).map(([b, other]) => [`${a} - ${b}`, bootstrap.difference(figure(own), figure(other))])
            : [],
        ),
      );
    const [[, any]] = rows;
    return {
      exposures: label.length,
      taken: label.reduce((sum, each) => sum + each, 0),
      people: any.gauc.count.reduce((sum, weight) => sum + Number(weight > 0), 0),
      models: Object.fromEntries(
        rows.map(([model, { gauc, auc, oneSurface }]): [string, TemporalRow] => [
          model,
          {
            gauc: bootstrap.estimate(gauc),
            ...(oneSurface && { oneSurface: bootstrap.estimate(oneSurface) }),
            auc: bootstrap.estimate(auc),
          },
        ]),
      ),
      differences: differences(({ gauc }) => gauc),
      ...(any.oneSurface && { oneSurfaceDifferences: differences(({ oneSurface }) => oneSurface!) }),
    };
  }
}

/** Nobody may have taken and left something in the same place. */
function someOrNone(sums: PersonSums): PersonSums | undefined {
  return sums.count.some((weight) => weight > 0) ? sums : undefined;
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
        ([name, { gauc, oneSurface, auc }]) =>
          `    ${name.padEnd(width)}  GAUC ${cell(gauc)}${oneSurface ? `, on one surface ${cell(oneSurface)}` : ""}  AUC ${cell(auc)}`,
      ),
      ...Object.entries(of.differences).map(
        ([pair, difference]) => `    GAUC ${pair}: ${formatNamedDifference(difference)}`,
      ),
      ...Object.entries(of.oneSurfaceDifferences ?? {}).map(
        ([pair, difference]) => `    GAUC on one surface ${pair}: ${formatNamedDifference(difference)}`,
      ),
    ];
  });
}

function cell({ mean, low, high }: Estimate): string {
  return `${mean.toFixed(4)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}
