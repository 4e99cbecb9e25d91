/** From figures to one HTML file that needs nothing else: no script, no network, no font. */
import type { ReportFigures } from "./figures.ts";
import { html, type Html, markup } from "./html.ts";
import { bytes, count, minute } from "./numbers.ts";
import { PLOT_STYLE } from "./plots/plot-style.ts";
import { type Section, sectionMarkup, tiles } from "./page.ts";
import { ablationSection } from "./sections/ablation.ts";
import { calibrationSection } from "./sections/calibration.ts";
import { cardSection } from "./sections/card.ts";
import { coldStartSection } from "./sections/cold-start.ts";
import { costSection } from "./sections/cost.ts";
import { dataSection } from "./sections/data.ts";
import { diversitySection } from "./sections/diversity.ts";
import { exposureSection } from "./sections/exposure.ts";
import { knownTitlesSection } from "./sections/known-titles.ts";
import { learningSection } from "./sections/learning.ts";
import { qualitySection, qualityTiles } from "./sections/quality.ts";
import { STYLE } from "./style.ts";
import { verdict } from "./verdict.ts";

/** Nothing may be loaded or run, should a title ever get past the escaping. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The text of report.html. */
export function renderReport(figures: ReportFigures): string {
  const { head } = figures;
  const sections = sectionsOf(figures).filter((section) => section !== undefined);
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
      <title>Nearfeed release ${head.release}</title>
      ${STYLE}${PLOT_STYLE}
    </head>
    <body>
      ${headMarkup(figures, sections)}
      <main>${sections.map(sectionMarkup)}</main>
      ${footMarkup(figures)}
    </body>
  </html>`;
  return `<!doctype html>\n${markup(page)}\n`;
}

function sectionsOf({ quality, lists, data, knownTitles, ...rest }: ReportFigures): (Section | undefined)[] {
  return [
    quality && qualitySection(quality),
    lists && diversitySection(lists),
    lists && coldStartSection(lists),
    lists && exposureSection(lists),
    lists && calibrationSection(lists),
    knownTitlesSection(knownTitles),
    lists && ablationSection(lists),
    rest.curves && learningSection(rest.curves),
    dataSection(data),
    costSection({ quality, lists, data, knownTitles, ...rest }),
    cardSection(rest.card),
  ];
}

function headMarkup({ head, quality, data, files }: ReportFigures, sections: readonly Section[]): Html {
  const models = files.filter(({ role }) => role === "encoder" || role === "ranker");
  const size = models.reduce((sum, file) => sum + file.bytes, 0);
  return html`<header>
    <p class="eyebrow">
      Nearfeed ${head.version} · ${minute(head.createdAt)} · ${data.files.join(", ")} · seed
      ${head.seed}${head.until !== undefined && ` · learnt from what came before ${minute(head.until)}`}
    </p>
    <h1>Release ${head.release.slice(0, 12)}</h1>
    <p class="verdict">
      ${quality ? verdict(quality) : "Nothing was held out or measured when this release was made: how good its lists are is not known."}
    </p>
    ${tiles([
      ...(quality ? qualityTiles(quality, head.floor) : []),
      { name: "items", value: count(head.items), more: `${head.dim} dimensions` },
      { name: "events in the log", value: count(data.events), more: `of ${count(data.people)} people` },
      ...(size > 0
        ? [{ name: "encoder and ranker", value: bytes(size) }]
        : [{ name: "floor", value: "linear", more: "no encoder, no ranker" }]),
    ])}
    <nav aria-label="Sections">${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
  </header>`;
}

function footMarkup({ head, lists, quality }: ReportFigures): Html {
  const deep = lists && lists.deepPeople > 0 && `, the deep floor's for the first ${count(lists.deepPeople)} of them`;
  return html`<footer>
    <p>
      Release ${head.release}. Intervals are of 95 %, by drawing whole people 2,000
      times.${quality && " Ranks are among all items but those met before; ties count half."}
    </p>
    ${lists && html`<p>The table of models is of all held-out people. Everything else that is measured on lists is a sample, drawn by seed ${head.seed}: one held-out like of each of ${count(lists.people)} people${deep}.</p>`}
  </footer>`;
}
