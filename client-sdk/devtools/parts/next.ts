/** "Up next": what comes after what is shown, sliding into each new order. */
import type { Entry } from "../../types.ts";
import { arrange } from "../arrange.ts";
import { element, say, section } from "../element.ts";
import type { Part, PartContext } from "../part.ts";

/** Rows before the rest is asked for. */
const AHEAD = 8;

export function createNextPart<T>({ settings }: PartContext<T>): Part<T> {
  const list = element("ol", { class: "rows", attributes: { id: "queue" } });
  const more = element("button", {
    class: "link",
    attributes: { type: "button", id: "queue-more", "aria-expanded": "false", "aria-controls": "queue" },
    onClick() {
      all = !all;
      more.setAttribute("aria-expanded", String(all));
      draw();
    },
  });
  let all = false;
  let next: readonly Entry<T>[] = [];
  let rows = new Map<string, HTMLElement>();
  let latest = new Map<string, Entry<T>>();

  function draw(): void {
    const shown = all ? next : next.slice(0, AHEAD);
    latest = new Map(shown.map((entry) => [entry.id, entry]));
    const drawn = shown.map((entry) => rows.get(entry.id) ?? drawRow(entry));
    rows = new Map(shown.map((entry, i) => [entry.id, drawn[i]!]));
    const focused = pressed(list);
    drawn.forEach((row, i) => (row.dataset["position"] = String(shown[i]!.position)));
    arrange(list, drawn);
    list.style.setProperty("--rows", String(all ? drawn.length : AHEAD));
    // The keyboard goes on from where the row was.
    if (focused && !focused.row.isConnected) buttonOf(drawn[focused.index] ?? drawn.at(-1), focused.action)?.focus();
    more.hidden = next.length <= AHEAD;
    say(more, all ? "Show fewer" : `Show ${next.length - AHEAD} more`);
  }

  function drawRow({ id, item }: Entry<T>): HTMLElement {
    const { title, line = "" } = settings.describe(item, id);
    const button = (type: "like" | "skip", words: string, sign: string) =>
      element(
        "button",
        {
          class: `round ${type}`,
          attributes: { type: "button", "data-action": type, "aria-label": `${words} ${title}`, title: words },
          // A row outlives its list: its buttons speak of the entry as it is now.
          onClick: () => settings.onAct?.(type, latest.get(id)!),
        },
        sign,
      );
    const picture = element("div", { class: "picture", attributes: { "aria-hidden": "true" } });
    if (settings.picture) picture.append(settings.picture(item));
    return element(
      "li",
      { class: settings.picture ? "row" : "row bare", attributes: { "data-item": id } },
      picture,
      element(
        "div",
        { class: "row-text" },
        element("p", { class: "row-title" }, title),
        element("p", { class: "quiet" }, line),
      ),
      ...(settings.onAct ? [button("like", "Like", "♥"), button("skip", "Skip", "✕")] : []),
    );
  }

  return {
    element: section("next", "Up next", list, more),
    draw(state) {
      if (state.next === next) return;
      ({ next } = state);
      draw();
    },
  };
}

/** The row whose button has the focus. */
function pressed(list: HTMLElement): { row: HTMLElement; index: number; action: string } | undefined {
  const button = (list.getRootNode() as ShadowRoot).activeElement;
  const row = button?.closest<HTMLElement>(".row");
  const action = button?.getAttribute("data-action");
  if (!row || !action || !list.contains(row)) return undefined;
  return { row, index: [...list.children].indexOf(row), action };
}

function buttonOf(row: Element | undefined, action: string): HTMLElement | null | undefined {
  return row?.querySelector<HTMLElement>(`[data-action="${action}"]`);
}
