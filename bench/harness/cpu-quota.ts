/**
 * A share of one CPU core for whole processes, by a control group of Linux (version 1 or 2). DevTools' throttling does not
 * reach web workers; this reaches everything the browser does. Needs root.
 */
import { chmod, mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The least quota the kernel takes: a shorter period lets a process run on less long, and wait less long. */
const QUOTA_US = 1_000;

const V1 = "/sys/fs/cgroup/cpu";
const V2 = "/sys/fs/cgroup";

export interface CpuQuota {
  /** A program that runs `executable` within the quota, with the arguments it is given. */
  wrap(executable: string): Promise<string>;
  /** Takes a process that runs already. */
  take(pid: number): Promise<void>;
  /** Gives taken processes back and removes the group; processes started through `wrap` must have ended. */
  end(): Promise<void>;
}

/**
 * @param parts one core in so many parts: 4 is a quarter of a core
 * @returns undefined where this machine or this user cannot make control groups
 */
export async function createCpuQuota(parts: number): Promise<CpuQuota | undefined> {
  const group = await makeGroup(parts).catch(() => undefined);
  if (!group) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "nearfeed-quota-"));
  const taken: number[] = [];
  return {
    async wrap(executable) {
      const script = join(folder, "run");
      await writeFile(
        script,
        `#!/bin/sh\necho $$ > "${group.path}/cgroup.procs" || exit 1\nexec "${executable}" "$@"\n`,
      );
      await chmod(script, 0o700);
      return script;
    },
    async take(pid) {
      await writeFile(join(group.path, "cgroup.procs"), String(pid));
      taken.push(pid);
    },
    async end() {
      for (const pid of taken) await writeFile(join(group.root, "cgroup.procs"), String(pid));
      await rm(folder, { recursive: true });
      await removeGroup(group.path);
    },
  };
}

async function makeGroup(parts: number): Promise<{ root: string; path: string }> {
  const name = `nearfeed-bench-${process.pid}-${parts}`;
  const periodUs = QUOTA_US * parts;
  const isV1 = await readFile(join(V1, "cpu.cfs_quota_us")).then(
    () => true,
    () => false,
  );
  const root = isV1 ? V1 : V2;
  const path = join(root, name);
  await mkdir(path);
  try {
    if (isV1) {
      await writeFile(join(path, "cpu.cfs_period_us"), String(periodUs));
      await writeFile(join(path, "cpu.cfs_quota_us"), String(QUOTA_US));
    } else {
      await writeFile(join(path, "cpu.max"), `${QUOTA_US} ${periodUs}`);
    }
  } catch (error) {
    await rmdir(path);
    throw error;
  }
  return { root, path };
}

/** A group can be removed once its last process is gone, which takes the kernel a moment. */
async function removeGroup(path: string): Promise<void> {
  for (let tries = 50; ; tries--) {
    try {
      return await rmdir(path);
    } catch (error) {
      if (tries === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
