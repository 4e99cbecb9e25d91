export interface RunResult {
  /** The exit code; 1 when a signal ended the command. */
  readonly code: number;
  /** stdout and stderr as they came. */
  readonly output: string;
}
/** @throws Error when the command cannot be started. */
export declare function run(
  command: string,
  args: readonly string[],
  options?: {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
    quiet?: boolean;
  },
): Promise<RunResult>;
