/**
 * The look of a report: one column of sections, light or dark as the reader has it, on a phone and on paper. The two colours
 * of plots are told apart by people with any colour vision, on both grounds.
 */
import { html } from "./html.ts";

export const STYLE = html`<style>
  :root {
    color-scheme: light dark;
    --ground: #fcfcfb;
    --card: #ffffff;
    --ink: #0b0b0b;
    --soft: #52514e;
    --faint: #76746f;
    --grid: #e6e5de;
    --axis: #b4b2a8;
    --own: #2a78d6;
    --other: #c4541f;
    --line: #e1e0d9;
  }
  @media screen and (prefers-color-scheme: dark) {
    :root {
      --ground: #161615;
      --card: #1e1e1c;
      --ink: #ffffff;
      --soft: #c3c2b7;
      --faint: #98968d;
      --grid: #30302d;
      --axis: #5a5953;
      --own: #4a95ee;
      --other: #e8743b;
      --line: #30302d;
    }
  }
  * {
    box-sizing: border-box;
  }
  body {
    margin: 0;
    background: var(--ground);
    color: var(--ink);
    font:
      16px/1.55 system-ui,
      -apple-system,
      "Segoe UI",
      sans-serif;
    overflow-wrap: anywhere;
    -webkit-text-size-adjust: 100%;
  }
  header,
  main,
  footer {
    max-width: 940px;
    margin: 0 auto;
    padding: 0 20px;
  }
  header {
    padding-top: 40px;
  }
  .eyebrow {
    margin: 0;
    color: var(--faint);
    font-size: 14px;
  }
  h1 {
    margin: 4px 0 14px;
    font-size: 28px;
    line-height: 1.2;
    letter-spacing: -0.01em;
  }
  .verdict {
    margin: 0 0 22px;
    font-size: 19px;
    line-height: 1.5;
    max-width: 44em;
  }
  h2 {
    margin: 0 0 6px;
    font-size: 21px;
    line-height: 1.3;
    letter-spacing: -0.005em;
  }
  h3 {
    margin: 0 0 8px;
    font-size: 15px;
    line-height: 1.4;
  }
  section {
    padding: 28px 0 0;
    margin-top: 26px;
    border-top: 1px solid var(--line);
  }
  .lead {
    margin: 0 0 18px;
    color: var(--soft);
    max-width: 46em;
  }
  nav {
    display: flex;
    flex-wrap: wrap;
    gap: 6px 18px;
    font-size: 14px;
  }
  a {
    color: var(--own);
    text-decoration: none;
  }
  a:hover {
    text-decoration: underline;
  }
  .tiles {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(132px, 1fr));
    gap: 18px 20px;
    margin: 0 0 22px;
  }
  .tiles div {
    min-width: 0;
  }
  .tiles dt {
    color: var(--faint);
    font-size: 13px;
    line-height: 1.35;
  }
  .tiles dd {
    margin: 2px 0 0;
    font-size: 24px;
    font-weight: 700;
    line-height: 1.2;
  }
  .tiles small {
    display: block;
    margin-top: 3px;
    font-size: 13px;
    font-weight: 400;
    line-height: 1.35;
    color: var(--soft);
  }
  .figures {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr));
    gap: 18px;
    align-items: start;
  }
  figure {
    margin: 0 0 18px;
    padding: 16px 18px 14px;
    background: var(--card);
    border: 1px solid var(--line);
    border-radius: 8px;
    min-width: 0;
    break-inside: avoid;
  }
  .figures > figure {
    margin: 0;
    height: 100%;
  }
  .figures {
    margin-bottom: 18px;
  }
  figcaption {
    margin-top: 10px;
    color: var(--soft);
    font-size: 14px;
    line-height: 1.5;
    max-width: 50em;
  }
  table {
    border-collapse: collapse;
    width: 100%;
    font-size: 14px;
    line-height: 1.4;
  }
  th {
    text-align: left;
    font-weight: 400;
  }
  thead th {
    color: var(--faint);
    font-size: 13px;
    vertical-align: bottom;
  }
  .number {
    text-align: right;
    font-variant-numeric: tabular-nums;
  }
  .soft {
    color: var(--faint);
  }
  .data th,
  .data td {
    padding: 5px 14px 5px 0;
    border-bottom: 1px solid var(--line);
    vertical-align: top;
  }
  .data th:last-child,
  .data td:last-child {
    padding-right: 0;
  }
  .data td {
    white-space: nowrap;
  }
  .data thead th {
    white-space: nowrap;
  }
  .scroll {
    overflow-x: auto;
  }
  details {
    margin-top: 8px;
    font-size: 14px;
  }
  summary {
    color: var(--faint);
    cursor: pointer;
  }
  .titles {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 270px), 1fr));
    gap: 18px;
  }
  .titles article {
    padding: 16px 18px;
    background: var(--card);
    border: 1px solid var(--line);
    border-radius: 8px;
    min-width: 0;
    break-inside: avoid;
  }
  .titles h3 {
    margin: 0;
    font-size: 16px;
  }
  .titles .about {
    margin: 0 0 10px;
    color: var(--faint);
    font-size: 13px;
  }
  .titles h4 {
    margin: 10px 0 2px;
    font-size: 13px;
    font-weight: 700;
    color: var(--soft);
  }
  .titles ol {
    margin: 0;
    padding: 0;
    list-style: none;
    font-size: 14px;
  }
  .titles li {
    display: flex;
    justify-content: space-between;
    gap: 12px;
  }
  .titles li span {
    flex: none;
    color: var(--faint);
    font-variant-numeric: tabular-nums;
  }
  .card dt {
    margin-top: 14px;
    font-weight: 700;
    font-size: 15px;
  }
  .card dd {
    margin: 2px 0 0;
    color: var(--soft);
    max-width: 48em;
  }
  figure > .data {
    max-width: 560px;
  }
  .card ul {
    margin: 0;
    padding-left: 1.1em;
  }
  footer {
    padding-top: 26px;
    padding-bottom: 60px;
    margin-top: 34px;
    color: var(--faint);
    font-size: 14px;
  }
  footer p {
    max-width: 50em;
    margin: 0 0 8px;
  }
  @media (max-width: 600px) {
    header {
      padding-top: 24px;
    }
    header,
    main,
    footer {
      padding-left: 14px;
      padding-right: 14px;
    }
    h1 {
      font-size: 24px;
    }
    .verdict {
      font-size: 17px;
    }
    .tiles {
      grid-template-columns: repeat(2, 1fr);
    }
    figure {
      padding: 14px 12px 12px;
    }
    section {
      margin-top: 20px;
      padding-top: 24px;
    }
  }
  @media print {
    body {
      font-size: 11pt;
    }
    nav,
    details {
      display: none;
    }
    header {
      padding-top: 0;
    }
    h2,
    h3,
    .lead {
      break-after: avoid;
    }
    svg * {
      print-color-adjust: exact;
      -webkit-print-color-adjust: exact;
    }
    .figures {
      grid-template-columns: 1fr 1fr;
    }
  }
</style>`;
