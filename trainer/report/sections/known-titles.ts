/** Known titles with what the release holds to be like them. */
import { html, type Html } from "../html.ts";
import type { KnownTitle, LikeTitle } from "../known-titles.ts";
import { count, decimal } from "../numbers.ts";
import type { Section } from "../page.ts";

export function knownTitlesSection(titles: readonly KnownTitle[]): Section | undefined {
  if (titles.length === 0) return undefined;
  return {
    id: "titles",
    title: "What is like what",
    lead: "The most liked item of each of the most liked categories. By vector: what the same people like, 1 is the same direction. By neighbours: what people went on to next, with its weight; this is the stronger part of the lists.",
    content: html`<div class="titles">
      ${titles.map(
        ({ title, category, people, byVector, byNeighbours }) =>
          html`<article>
            <h3><bdi>${title}</bdi></h3>
            <p class="about">
              ${category !== undefined && html`<bdi>${category}</bdi>, `}met by ${count(people)} people
            </p>
            <h4>nearest by vector</h4>
            ${list(byVector, 2)}
            <h4>strongest neighbours</h4>
            ${list(byNeighbours, 3)}
          </article>`,
      )}
    </div>`,
  };
}

/** Titles may run from right to left; what stands beside them does not. */
function list(alike: readonly LikeTitle[], digits: number): Html {
  if (alike.length === 0)
    return html`<ol>
      <li>none</li>
    </ol>`;
  return html`<ol>
    ${alike.map(({ title, value }) => html`<li><bdi>${title}</bdi><span>${decimal(value, digits)}</span></li>`)}
  </ol>`;
}
