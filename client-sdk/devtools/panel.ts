/**
 * The panel: its parts in a shadow root of the element it is mounted in, so that neither the page's styles nor the
 * panel's reach the other. Colours and sizes follow custom properties of the page, `--nearfeed-…`, where it sets them.
 */
import type { Item } from "../../shared/item.ts";
import type { Recommender } from "../types.ts";
import { element } from "./element.ts";
import { settingsOf } from "./options.ts";
import type { Panel, PanelOptions } from "./options.ts";
import type { Part, PartContext } from "./part.ts";
import { createDataPart } from "./parts/data.ts";
import { createDevelopersPart } from "./parts/developers.ts";
import { createDevicePart } from "./parts/device.ts";
import { createNextPart } from "./parts/next.ts";
import { createSentPart } from "./parts/sent.ts";
import { createTastePart } from "./parts/taste.ts";
import { createWhyPart } from "./parts/why.ts";
import { STYLES } from "./styles.ts";
import { createWatch } from "./watch.ts";

/**
 * Mounts the panel.
 *
 * @param host an element without a shadow root of its own; its children are not shown while the panel is there
 * @returns ends with `[Symbol.dispose]()`, which empties the shadow root and stops listening
 */
export function mountPanel<T extends object = Item>(
  host: HTMLElement,
  recommender: Recommender<T>,
  options: PanelOptions<T> = {},
): Panel<T> {
  const settings = settingsOf(options);
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  // Unlike a style element, a constructed sheet is allowed by every content security policy.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  root.adoptedStyleSheets = [sheet];

  const live = element("p", { class: "unseen", attributes: { role: "status", "aria-live": "polite" } });
  const watch = createWatch(recommender, schedule);
  const context: PartContext<T> = {
    recommender,
    settings,
    refresh: watch.refresh,
    announce: (text) => void (live.textContent = text),
  };
  const why = createWhyPart(context);
  const parts: readonly Part<T>[] = [
    createTastePart(context),
    why,
    createNextPart(context),
    createDevicePart(context),
    createSentPart(),
    createDataPart(context),
    createDevelopersPart(context),
  ];
  root.replaceChildren(live, ...parts.map((part) => part.element));

  let frame = 0;
  /** Once a turn, however much is told in it; not by frames, which a hidden tab does not have. */
  function schedule(): void {
    frame ||= setTimeout(draw) as unknown as number;
  }
  function draw(): void {
    frame = 0;
    for (const part of parts) part.draw(watch.state);
  }

  draw();
  watch.refresh();
  return {
    show({ current, next = [] }) {
      watch.show(current, next);
    },
    toggleWhy: why.toggle,
    [Symbol.dispose]() {
      clearTimeout(frame);
      watch[Symbol.dispose]();
      root.replaceChildren();
      root.adoptedStyleSheets = [];
    },
  };
}
