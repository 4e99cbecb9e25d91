/** The model card, as it travels with the release. */
import { html } from "../html.ts";
import type { ModelCard } from "../model-card.ts";
import type { Section } from "../page.ts";

export function cardSection({ purpose, data, licence, choice, quality, limits, notFor }: ModelCard): Section {
  return {
    id: "card",
    title: "Model card",
    lead: "Travels in release.json, under metrics.card.",
    content: html`<dl class="card">
      <dt>What it is for</dt>
      <dd>${purpose}</dd>
      <dt>What it was learnt from</dt>
      <dd>${data}</dd>
      <dt>Licence of the data</dt>
      <dd>${licence}</dd>
      <dt>How it was chosen</dt>
      <dd>${choice}</dd>
      <dt>How good it is</dt>
      <dd>${quality}</dd>
      <dt>Limits</dt>
      <dd>
        <ul>
          ${limits.map((limit) => html`<li>${limit}</li>`)}
        </ul>
      </dd>
      <dt>What it must not be used for</dt>
      <dd>
        <ul>
          ${notFor.map((use) => html`<li>${use}</li>`)}
        </ul>
      </dd>
    </dl>`,
  };
}
