/**
 * The panel's style sheet. Everything is in one place because it goes into a shadow root as one sheet; the colours are the
 * page's where it sets `--nearfeed-…`, else its own, light and dark.
 */
export const STYLES = /* css */ `
:host {
  all: initial;
  color-scheme: inherit;
  --rem: var(--nearfeed-size, 1rem);
  --paper: var(--nearfeed-paper, light-dark(#f7f6f3, #131217));
  --sheet: var(--nearfeed-sheet, light-dark(#ffffff, #1c1b22));
  --ink: var(--nearfeed-ink, light-dark(#1c1b22, #f1f0ec));
  --quiet: var(--nearfeed-quiet, light-dark(#5f5c68, #a8a5b2));
  --line: var(--nearfeed-line, light-dark(#e3e0da, #2e2c36));
  --track: var(--nearfeed-track, light-dark(#e9e6e0, #2a2831));
  --accent: var(--nearfeed-accent, light-dark(#4a3fd6, #8f87ff));
  --accent-ink: var(--nearfeed-accent-ink, light-dark(#ffffff, #131217));
  --accent-soft: var(--nearfeed-accent-soft, light-dark(#ebe9fc, #292657));
  --down: var(--nearfeed-down, light-dark(#a3341f, #ff9d85));
  --warn: var(--nearfeed-warn, light-dark(#a3221b, #ff8a80));
  --touch: 44px;
  display: block;
  color: var(--ink);
  font: 400 calc(var(--rem) * 0.9375) / 1.4 var(--nearfeed-font, -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Open Sans", "Noto Sans", Arial, sans-serif);
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, h3, p, ul, ol, dl, dd, fieldset { margin: 0; padding: 0; }
ul, ol { list-style: none; }
section, .developers { padding: 12px 0; }
section + section, section + .developers { border-top: 1px solid var(--line); }
section:first-of-type { padding-top: 0; }
section:focus { outline: none; }
h2 { margin-bottom: 6px; font-size: calc(var(--rem) * 0.8125); font-weight: 680; letter-spacing: 0.01em; color: var(--quiet); }
h3 { margin: 18px 0 6px; font-size: calc(var(--rem) * 0.8125); font-weight: 680; }
button, input, summary { font: inherit; color: inherit; }
button { cursor: pointer; }
button[aria-disabled="true"] { cursor: default; opacity: 0.4; }
.waiting { visibility: hidden; }
#erased-words { min-height: 1.4em; margin-top: 6px; text-align: center; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 6px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.quiet { color: var(--quiet); font-size: calc(var(--rem) * 0.8125); }

.bars { --height: calc(var(--rem) * 2); position: relative; height: calc(var(--rows) * var(--height)); }
#taste-none { grid-area: 2 / 1; align-self: start; }
#taste { grid-area: 2 / 1; }
#taste:empty { background: repeating-linear-gradient(transparent 0 calc(var(--rem) * 1.25), var(--track) calc(var(--rem) * 1.25) calc(var(--rem) * 1.625), transparent calc(var(--rem) * 1.625) var(--height)) 0 var(--height) / calc(100% - 68px) 100% no-repeat; }
#taste-now { display: grid; grid-template-columns: auto 1fr; }
#taste-now > * { grid-column: 1 / -1; }
#taste-now > h2 { grid-area: 1 / 1; }
.bar-row {
  display: grid;
  grid-template: "label set value less more" calc(var(--rem) * 1.125) "bar bar bar less more" calc(var(--rem) * 0.75) / auto 1fr auto 28px 28px;
  gap: 0 6px;
  align-items: center;
  position: absolute;
  inset: 0 0 auto;
  height: var(--height);
  font-size: calc(var(--rem) * 0.875);
  transform: translateY(calc(var(--row) * var(--height)));
}
.label { grid-area: label; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.set { grid-area: set; color: var(--accent); font-size: calc(var(--rem) * 0.75); font-weight: 650; white-space: nowrap; }
.value { grid-area: value; color: var(--quiet); font-size: calc(var(--rem) * 0.8125); font-variant-numeric: tabular-nums; }
.bar { grid-area: bar; display: grid; gap: 2px; align-self: start; }
.bar i, .bar b { display: block; border-radius: 3px; background: var(--track); overflow: hidden; }
.bar i { height: 6px; }
.bar b { height: 3px; }
.bar i::before, .bar b::before { content: ""; display: block; height: 100%; border-radius: 3px; background: var(--colour); width: calc(100% * var(--taste)); transition: width 0.3s cubic-bezier(0.2, 0.7, 0.2, 1); }
.bar b::before { width: calc(100% * var(--intent)); opacity: 0.7; }
.down .bar i::before, .intent-down .bar b::before { background: repeating-linear-gradient(45deg, var(--colour) 0 3px, transparent 3px 6px); }
.step { width: 28px; height: 28px; padding: 0; border: 1px solid var(--line); border-radius: 8px; background: var(--sheet); font-size: calc(var(--rem) * 1); line-height: 1; }
.step[data-by="-1"] { grid-area: less; }
.step[data-by="1"] { grid-area: more; }
.step:hover:not([aria-disabled="true"]), .round:hover { background: var(--track); }
.legend { display: flex; grid-area: 1 / 2 !important; gap: 6px; align-items: center; justify-self: end; margin-bottom: 6px; font-size: calc(var(--rem) * 0.75); }
.swatch { display: inline-block; width: 16px; border-radius: 3px; background: var(--quiet); }
.swatch.thick { height: 6px; }
.swatch.thin { height: 3px; margin-left: 10px; }
summary { display: flex; align-items: center; min-height: 28px; color: var(--accent); font-size: calc(var(--rem) * 0.8125); font-weight: 600; cursor: pointer; }
summary::-webkit-details-marker { display: none; }
summary::after { content: "▾"; margin-left: 6px; font-size: 0.75em; }
details[open] > summary::after { content: "▴"; }
.more > .bars { padding-top: 6px; }

.why-body { height: calc(var(--rem) * 13.5); }
.why-head { display: flex; gap: 12px; justify-content: space-between; align-items: baseline; }
.why-head .quiet { flex: none; }
.subject { font-weight: 650; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sentence { display: -webkit-box; height: 2.8em; -webkit-box-orient: vertical; -webkit-line-clamp: 2; margin: 0 0 8px; overflow: hidden; font-size: calc(var(--rem) * 0.875); }
.terms { display: grid; gap: 2px; align-content: start; }
.why-body .terms { height: calc(var(--rem) * 9.5); }
.terms.stale { opacity: 0.6; }
.term { display: grid; grid-template-columns: minmax(0, 1fr) auto 96px; gap: 0 10px; align-items: center; font-size: calc(var(--rem) * 0.8125); }
.term-label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.term-value { font-variant-numeric: tabular-nums; text-align: right; }
.term-bar { position: relative; height: 8px; border-radius: 2px; background: linear-gradient(90deg, var(--track) 0 calc(50% - 0.5px), var(--quiet) calc(50% - 0.5px) calc(50% + 0.5px), var(--track) calc(50% + 0.5px)); }
.term-bar::before { content: ""; position: absolute; inset: 0 auto 0 50%; width: calc(50% * var(--share)); border-radius: 2px; background: var(--accent); }
.term-bar.down::before { inset: 0 50% 0 auto; background: repeating-linear-gradient(45deg, var(--down) 0 3px, transparent 3px 5px); }
.whole .term-bar { background: var(--track); }
.whole .term-bar::before { left: 0; width: calc(100% * var(--share)); }
.sum { margin-top: 2px; padding-top: 6px; border-top: 1px solid var(--line); font-weight: 680; }
.sum .term-bar { visibility: hidden; }

.rows { --height: calc(var(--rem) * 2.875); position: relative; height: calc(var(--rows, 8) * var(--height)); }
.row { position: absolute; inset: 0 0 auto; display: grid; grid-template-columns: 27px minmax(0, 1fr) var(--touch) var(--touch); column-gap: 8px; align-items: center; height: var(--height); transform: translateY(calc(var(--row) * var(--height))); animation: come 0.32s ease-out; }
.row.bare { grid-template-columns: minmax(0, 1fr) var(--touch) var(--touch); }
.row.bare .picture { display: none; }
@keyframes come { from { opacity: 0; } }
.picture { height: 40px; overflow: hidden; border-radius: 5px; background: var(--track); }
.picture svg, .picture img { display: block; width: 100%; height: 100%; object-fit: cover; }
.row-title { overflow: hidden; font-size: calc(var(--rem) * 0.875); font-weight: 600; text-overflow: ellipsis; white-space: nowrap; }
.row-text .quiet { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.round { width: var(--touch); height: var(--touch); padding: 0; border: 0; border-radius: 50%; background: none; color: var(--quiet); font-size: calc(var(--rem) * 1); }
.round.like:hover { color: var(--accent); }
.link { min-height: 28px; padding: 0; border: 0; background: none; color: var(--accent); font-size: calc(var(--rem) * 0.8125); font-weight: 600; }

.facts { display: grid; gap: 4px; }
.facts div { display: grid; grid-template-columns: 110px minmax(0, 1fr); gap: 8px; font-size: calc(var(--rem) * 0.8125); }
.facts dt { color: var(--quiet); }
.facts dd { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }

.requests { max-height: 240px; overflow-y: auto; display: grid; gap: 6px; padding-top: 4px; }
.requests li { display: grid; }
code { font: 400 calc(var(--rem) * 0.75) / 1.4 var(--nearfeed-mono, ui-monospace, "SF Mono", Menlo, Consolas, monospace); overflow-wrap: anywhere; }

.levels { display: grid; grid-template-columns: repeat(3, 1fr); gap: 0; border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.levels label { display: grid; place-items: center; position: relative; min-height: var(--touch); padding: 4px 6px; text-align: center; font-size: calc(var(--rem) * 0.8125); cursor: pointer; }
.levels label + label { border-left: 1px solid var(--line); }
.levels input { position: absolute; inset: 0; margin: 0; opacity: 0; cursor: pointer; }
.levels label:has(:checked) { background: var(--accent-soft); font-weight: 680; box-shadow: inset 0 -3px var(--accent); }
.levels label:has(:focus-visible) { outline: 3px solid var(--accent); outline-offset: -3px; }
#consent-words { min-height: 2.8em; margin: 8px 0; }
.plain { width: 100%; min-height: var(--touch); padding: 0 16px; border: 1px solid var(--line); border-radius: 999px; background: var(--sheet); font-weight: 600; }
.plain:hover { background: var(--track); }
.plain.armed { border-color: var(--warn); color: var(--warn); }

.developers > summary { font-size: calc(var(--rem) * 0.875); min-height: var(--touch); }
table { width: 100%; border-collapse: collapse; font-size: calc(var(--rem) * 0.75); }
th { color: var(--quiet); font-weight: 500; text-align: left; }
td, th { padding: 2px 8px 2px 0; vertical-align: top; overflow-wrap: anywhere; }
td { font-variant-numeric: tabular-nums; }
td:not(:last-child) { white-space: nowrap; }
.chart { width: 100%; height: auto; overflow: visible; }
.chart polyline { fill: none; stroke-width: 2; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.chart-legend { display: flex; flex-wrap: wrap; gap: 4px 12px; margin-top: 6px; }
.chart-legend li { display: flex; gap: 6px; align-items: center; }

@media (pointer: coarse), (max-width: 599px) {
  .bar-row { grid-template: "label set value less more" calc(var(--rem) * 1.625) "bar bar bar less more" calc(var(--rem) * 1.125) / auto 1fr auto 44px 44px; }
  .bars { --height: calc(var(--rem) * 3.25); }
  .step { width: 44px; height: 44px; }
  summary, .link { min-height: var(--touch); }
}
@media (forced-colors: active) {
  .bar i, .bar b, .term-bar { forced-color-adjust: none; background: Canvas; border: 1px solid CanvasText; }
  .bar i::before, .bar b::before, .term-bar::before { forced-color-adjust: none; background: CanvasText !important; }
  .levels label:has(:checked) { outline: 3px solid Highlight; outline-offset: -3px; }
}
@media (prefers-reduced-motion: reduce) {
  * { transition: none !important; animation: none !important; }
}
`;
