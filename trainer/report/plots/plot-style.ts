/** The look of plots and of their legends; colours are those of the page. */
import { html } from "../html.ts";

export const PLOT_STYLE = html`<style>
  .plot {
    display: block;
    width: 100%;
    max-width: 480px;
    height: auto;
  }
  svg text {
    font:
      11.5px system-ui,
      -apple-system,
      "Segoe UI",
      sans-serif;
    fill: var(--faint);
    font-variant-numeric: tabular-nums;
  }
  svg text.name {
    fill: var(--soft);
  }
  .grid {
    stroke: var(--grid);
    stroke-width: 1;
  }
  .axis {
    stroke: var(--axis);
    stroke-width: 1;
  }
  .reference {
    stroke: var(--axis);
    stroke-width: 1.25;
    stroke-dasharray: 4 3;
  }
  .line {
    fill: none;
    stroke-width: 2;
    stroke-linejoin: round;
    stroke-linecap: round;
  }
  .line.own,
  .whisker.own {
    stroke: var(--own);
  }
  .line.other,
  .whisker.other {
    stroke: var(--other);
  }
  .dot {
    stroke: var(--card);
    stroke-width: 2;
  }
  .dot.own,
  .bar.own,
  .band.own {
    fill: var(--own);
  }
  .dot.other,
  .bar.other,
  .band.other {
    fill: var(--other);
  }
  .band {
    opacity: 0.13;
  }
  .whisker {
    stroke-width: 2;
    stroke-linecap: round;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    margin: 0 0 6px;
    font-size: 13px;
    color: var(--soft);
  }
  .key {
    width: 12px;
    height: 12px;
    margin: 0 6px 0 0;
    border-radius: 3px;
    print-color-adjust: exact;
    -webkit-print-color-adjust: exact;
  }
  .key.own {
    background: var(--own);
  }
  .key.other {
    background: var(--other);
    margin-left: 18px;
  }
  .rows {
    table-layout: fixed;
  }
  .rows th:first-child {
    width: 26%;
    padding: 4px 10px 4px 0;
  }
  .rows .number {
    width: 31%;
    padding-left: 10px;
  }
  /* As wide as its longest, so that values and intervals are two columns. */
  .rows td .soft {
    display: inline-block;
    min-width: 10.2em;
  }
  .rows .axis-name {
    text-align: center;
    padding-bottom: 4px;
  }
  .rows td {
    padding: 0;
  }
  .rows.bars .number {
    width: 20%;
  }
  .rows .picture svg {
    display: block;
    width: 100%;
    height: 34px;
    overflow: visible;
  }
  .rows .scale svg {
    height: 20px;
  }
  .rows.bars .picture svg {
    height: 30px;
  }
  @media (max-width: 600px) {
    /* As high as a name of two lines, so that the lines of the scale go through. */
    .rows .picture svg {
      height: 48px;
    }
    .rows.bars .picture svg {
      height: 30px;
    }
    .rows .scale svg {
      height: 20px;
    }
    /* Every second number, zero among those that stay: there is no room for all. */
    svg text.between {
      display: none;
    }
    .rows .number .soft,
    .rows td .soft {
      display: block;
      min-width: 0;
      font-size: 12px;
    }
    .rows .number {
      width: 34%;
    }
  }
</style>`;
