/** "Up next": the films after the one in the middle, gliding into each new order. */
import type { Entry } from "nearfeed";
import type { Film } from "./film.ts";
import { drawRow } from "./film-row.ts";
import { reorder } from "./flip.ts";
import type { Verdict } from "./session.ts";

export interface Queue {
  draw(entries: readonly Entry<Film>[]): void;
}

/** Draws into `list`, one row a film; a film that stays keeps its row. */
export function createQueue(list: HTMLElement, judge: (verdict: Verdict, entry: Entry<Film>) => void): Queue {
  let rows = new Map<string, HTMLLIElement>();
  let latest = new Map<string, Entry<Film>>();
  return {
    draw(entries) {
      latest = new Map(entries.map((entry) => [entry.id, entry]));
      // A row outlives its list: its buttons speak of the entry as it is now.
      const drawn = entries.map((entry): [string, HTMLLIElement] => [
        entry.id,
        rows.get(entry.id) ?? drawRow(entry, (verdict, { id }) => judge(verdict, latest.get(id) ?? entry)),
      ]);
      rows = new Map(drawn);
      const pressed = pressedIn(list);
      drawn.forEach(([, row], i) => (row.dataset["position"] = String(entries[i]!.position)));
      reorder(
        list,
        drawn.map(([, row]) => row),
      );
      // The keyboard goes on from where the row was.
      if (pressed && !pressed.row.isConnected) buttonOf(list.children[pressed.index], pressed.action)?.focus();
    },
  };
}

/** The row whose button has the focus. */
function pressedIn(list: HTMLElement): { row: Element; index: number; action: string } | undefined {
  const button = document.activeElement;
  const row = button?.closest(".row");
  const action = button?.getAttribute("data-action");
  if (!row || !action || !list.contains(row)) return undefined;
  return { row, index: [...list.children].indexOf(row), action };
}

function buttonOf(row: Element | undefined, action: string): HTMLElement | null | undefined {
  return row?.querySelector<HTMLElement>(`[data-action="${action}"]`);
}
