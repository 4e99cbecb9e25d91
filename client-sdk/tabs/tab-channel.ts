/**
 * The line between the tabs of one namespace. Where the browser has no BroadcastChannel, nobody hears anything, and each
 * tab finds out from the store when it is looked at again.
 */
import { parseTabMessage, TAB_PROTOCOL } from "./tab-messages.ts";
import type { TabMessage } from "./tab-messages.ts";

export interface TabChannel {
  /** False: nothing is said and nothing is heard. */
  readonly open: boolean;
  /** To every other tab; not to this one. */
  tell(message: TabMessage): void;
  /** Opens or closes the line. */
  set(open: boolean): void;
}

/** The name of everything that tabs share by name. */
export function sharedName(namespace: string): string {
  return `nearfeed:${namespace}`;
}

/** Closed at first. */
export function createTabChannel(namespace: string, hear: (message: TabMessage) => void): TabChannel {
  let channel: BroadcastChannel | undefined;

  function receive({ data }: MessageEvent<unknown>): void {
    let message: TabMessage;
    try {
      message = parseTabMessage(data);
    } catch {
      // Of another version of the SDK, or of somebody else's making.
      return;
    }
    hear(message);
  }

  return {
    get open() {
      return channel !== undefined;
    },
    tell(message) {
      try {
        channel?.postMessage({ v: TAB_PROTOCOL, ...message });
      } catch {
        // As where nobody hears.
      }
    },
    set(open) {
      if (open === (channel !== undefined)) return;
      channel?.close();
      channel = open ? opened(sharedName(namespace)) : undefined;
      channel?.addEventListener("message", receive);
    },
  };
}

/** Where a page may store nothing, some browsers refuse it a channel, too. */
function opened(name: string): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
}
