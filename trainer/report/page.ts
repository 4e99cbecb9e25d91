/** The pieces that every section of a report is made of. What they look like is in `style.ts`. */
import { type Content, html, type Html } from "./html.ts";

export interface Section {
  readonly id: string;
  readonly title: string;
  /** What there is to see, in a sentence or two. */
  readonly lead: Content;
  readonly content: Content;
}

export function sectionMarkup({ id, title, lead, content }: Section): Html {
  return html`<section id="${id}">
    <h2>${title}</h2>
    <p class="lead">${lead}</p>
    ${content}
  </section>`;
}

/** A plot with its title above, and below it what one sees and the numbers it is made of. */
export function figure(title: string, plot: Content, caption: Content, table?: Content): Html {
  return html`<figure>
    <h3>${title}</h3>
    ${plot}
    <figcaption>${caption}</figcaption>
    ${
      table &&
      html`<details>
        <summary>Numbers</summary>
        <div class="scroll">${table}</div>
      </details>`
    }
  </figure>`;
}

/** Figures beside each other where there is room. */
export function figures(...each: readonly Content[]): Html {
  return html`<div class="figures">${each}</div>`;
}

/** A table of numbers: the first cell of a row names it. */
export function dataTable(heads: readonly Content[], rows: readonly (readonly Content[])[]): Html {
  return html`<table class="data">
    <thead>
      <tr>
        ${heads.map((head, i) => html`<th${i > 0 && html` class="number"`}>${head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ([name, ...cells]) =>
          html`<tr>
            <th>${name}</th>
            ${cells.map((cell) => html`<td class="number">${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** Names the colours of a plot with two of them. */
export function legend(own: string, other: string): Html {
  return html`<p class="legend"><span class="key own"></span>${own}<span class="key other"></span>${other}</p>`;
}

/** Numbers that stand for themselves. */
export function tiles(
  each: readonly { readonly name: string; readonly value: string; readonly more?: string }[],
): Html {
  return html`<dl class="tiles">
    ${each.map(
      ({ name, value, more }) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}${more !== undefined && html`<small>${more}</small>`}</dd>
        </div>`,
    )}
  </dl>`;
}
