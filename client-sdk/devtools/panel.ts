/**
 * The panel: its parts in a shadow root of the element it is mounted in, so that neither the page's styles nor the
 * panel's reach the other. Colours and sizes follow custom properties of the page, `--nearfeed-…`, where it sets them.
 */
import { NearfeedError } from "../../shared/errors.ts";
import type { Item } from "../../shared/item.ts";
import { guarded } from "../notices.ts";
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
 * @throws NearfeedError `bad_option` where it has one, or a panel already
 * @returns ends with `[Symbol.dispose]()`, which empties the shadow root and stops listening
 */
export function mountPanel<T extends object = Item>(
  host: HTMLElement,
  recommender: Recommender<T>,
  options: PanelOptions<T> = {},
): Panel<T> {
  const settings = settingsOf(options);
  const root = rootOf(host);
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

  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Once a turn, however much is told in it; not by frames, which a hidden tab does not have. */
  function schedule(): void {
    timer ??= setTimeout(draw);
  }
  function draw(): void {
    timer = undefined;
    // An app's own function that throws takes one part with it, and is heard of as any other error of the app.
    for (const part of parts) guarded(() => part.draw(watch.state));
  }

  draw();
  watch.refresh();
  return {
    show({ current, next = [] }) {
      watch.show(current, next);
    },
    revealWhy: why.reveal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      watch[Symbol.dispose]();
      root.replaceChildren();
      root.adoptedStyleSheets = [];
      mounted.delete(root);
    },
  };
}

/** Roots of panels that are there. */
const mounted = new WeakSet<ShadowRoot>();
/** Roots that were made here: an element keeps its root for ever. */
const own = new WeakMap<HTMLElement, ShadowRoot>();

/** @throws NearfeedError `bad_option` where the element has a root of somebody else, or a panel already */
function rootOf(host: HTMLElement): ShadowRoot {
  const root = own.get(host);
  if (root ? mounted.has(root) : host.shadowRoot) {
    throw new NearfeedError("bad_option", "The element has a panel or a shadow root of its own already.", {
      path: "host",
      hint: "Mount the panel in an empty element, and unmount the one before.",
    });
  }
  const empty = root ?? host.attachShadow({ mode: "open" });
  own.set(host, empty);
  mounted.add(empty);
  return empty;
}
