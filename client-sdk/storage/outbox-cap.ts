/** Which events give way when more wait to be sent than the device keeps. */
import type { OutboxEvent } from "./schema.ts";

/**
 * @param waiting oldest first
 * @returns what is over `most`: impressions first, which say least, and of these the oldest first
 */
export function overflow(waiting: readonly OutboxEvent[], most: number): OutboxEvent[] {
  const over = Math.max(0, waiting.length - most);
  const isImpression = ({ event }: OutboxEvent) => event.type === "impression";
  return [...waiting.filter(isImpression), ...waiting.filter((each) => !isImpression(each))].slice(0, over);
}
