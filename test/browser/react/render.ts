/** Renders React trees into the page for tests, with what React complains about, and takes them away afterwards. */
import { afterEach, vi } from "vitest";
import type { ReactNode } from "react";
import { createRoot } from "react-dom/client";
import type { Feed, Recommender } from "../../../client-sdk/index.ts";

export interface Rendered {
  readonly host: HTMLElement;
  render(node: ReactNode): void;
  /** Resolves once everything that follows an unmount has happened. */
  unmount(): Promise<void>;
  /** Everything that was logged as an error. */
  readonly complaints: readonly string[];
}

const all: Rendered[] = [];

afterEach(async () => {
  for (const rendered of all.splice(0)) await rendered.unmount();
  vi.restoreAllMocks();
});

export function render(node: ReactNode): Rendered {
  const complaints: string[] = [];
  vi.spyOn(console, "error").mockImplementation((...words) => void complaints.push(words.map(String).join(" ")));
  const host = document.createElement("div");
  document.body.append(host);
  const root = createRoot(host);
  root.render(node);
  const rendered: Rendered = {
    host,
    complaints,
    render: (next) => root.render(next),
    async unmount() {
      root.unmount();
      host.remove();
      // Effects are taken back in a task of their own.
      await new Promise((resolve) => setTimeout(resolve));
    },
  };
  all.push(rendered);
  return rendered;
}

/** The same recommender, with a count of its feeds. */
export function counted(recommender: Recommender): { recommender: Recommender; opened: number; open: number } {
  const count = {
    opened: 0,
    open: 0,
    recommender: {
      ...recommender,
      feed(query): Feed {
        const feed = recommender.feed(query);
        count.opened++;
        count.open++;
        return {
          ...feed,
          [Symbol.dispose]() {
            count.open--;
            feed[Symbol.dispose]();
          },
        };
      },
    } as Recommender,
  };
  return count;
}
