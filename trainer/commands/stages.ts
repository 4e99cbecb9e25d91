/** Shows the stages of training as one progress after the other. */
import type { Progress, Terminal } from "../terminal/terminal.ts";

export interface StageProgress {
  (stage: string, done: number, total: number): void;
  /** Ends the last stage. */
  done(): void;
}

export function stageProgress(terminal: Terminal): StageProgress {
  let current: { stage: string; progress: Progress } | undefined;
  const show = (stage: string, done: number, total: number) => {
    if (current?.stage !== stage) {
      current?.progress.done();
      current = { stage, progress: terminal.start(stage) };
    }
    current.progress.update(done, total);
  };
  return Object.assign(show, {
    done: () => {
      current?.progress.done();
      current = undefined;
    },
  });
}
