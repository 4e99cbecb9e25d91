/** The SDK's worker, which on demand does nothing for a while and keeps what it holds: as in a tab that is frozen. */
export { serve } from "../../../client-sdk/worker.ts";

addEventListener("message", ({ data }: MessageEvent<{ hangMs?: number } | null>) => {
  const until = performance.now() + (data?.hangMs ?? 0);
  while (performance.now() < until);
});
