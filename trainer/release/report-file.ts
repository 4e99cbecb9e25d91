/** The report beside a release: a file for people, which no edge and no device knows of. */
import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/** Its name in the folder of a release. */
export const REPORT_FILE = "report.html";

/** Written beside the folder and renamed into it, so that a report is whole or not there. @returns its path */
export async function writeReportFile(folder: string, text: string): Promise<string> {
  const target = resolve(folder);
  const draft = join(dirname(target), `.${basename(target)}.${randomUUID().slice(0, 8)}.report`);
  const path = join(folder, REPORT_FILE);
  try {
    await writeFile(draft, text, { flush: true });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  return path;
}
