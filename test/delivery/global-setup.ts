/** What all tests of the delivery share: the SDK built, the package installed into an empty project, and an edge. */
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { run } from "../../scripts/run.ts";
import { ROOT } from "../harness/dev-stack.ts";
import { installedApp, type InstalledApp } from "./installed-app.ts";
import { publishedEdge, type PublishedEdge } from "./published-edge.ts";

let app: InstalledApp | undefined;
let edge: PublishedEdge | undefined;

declare module "vitest" {
  interface ProvidedContext {
    /** The folder of an app that has the packed package installed. */
    app: string;
    /** The address of an edge with a release that has models. */
    edge: string;
  }
}

export async function setup(project: TestProject): Promise<void> {
  const built = await run("node", [join(ROOT, "scripts/build.ts"), "--browser"], { quiet: true });
  if (built.code !== 0) throw new Error(`The build failed:\n${built.output}`);
  app = await installedApp();
  edge = await publishedEdge();
  project.provide("app", app.folder);
  project.provide("edge", edge.url);
}

export async function teardown(): Promise<void> {
  await edge?.stop();
  await app?.remove();
}
