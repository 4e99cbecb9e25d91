/** From a trained linear floor, and models where there are any, to a release and its bytes. */
import { NearfeedError } from "../../shared/errors.ts";
import type { JsonObject } from "../../shared/parse.ts";
import { type Heads, PROTOCOL_VERSION, type Release } from "../../shared/release.ts";
import type { SpaceMap } from "../../shared/space-map-file.ts";
import type { ItemModel } from "../items/fit-items.ts";
import type { TrainedLinear } from "../train/train-linear.ts";
import { itemBytes, retrievalCosts } from "./release-bytes.ts";
import { describeRelease, type ReleaseBytes } from "./release-folder.ts";

/** What the deep floor adds to a release. */
export interface DeepParts {
  readonly encoder: Uint8Array;
  readonly ranker: Uint8Array;
  readonly heads: Heads;
  /** SHA-256 of the model signature. */
  readonly signature: string;
}

export interface BuiltRelease {
  readonly release: Release;
  readonly bytes: ReleaseBytes;
}

/** @param createdAt epoch ms */
export async function buildRelease(
  {
    assembly,
    model,
    items,
  }: Pick<TrainedLinear, "assembly" | "model"> & { readonly items: Pick<ItemModel, "content"> },
  details: {
    readonly createdAt: number;
    readonly metrics: JsonObject;
    readonly deep?: DeepParts;
    /** From the space of the release before. */
    readonly spaceMap?: SpaceMap;
  },
): Promise<BuiltRelease> {
  const { deep } = details;
  const { index } = assembly;
  checkFinite(assembly.index.columns.scale);
  const bytes: ReleaseBytes = {
    ...itemBytes(assembly, items.content, details.spaceMap),
    ...(deep && { encoder: deep.encoder, ranker: deep.ranker }),
  };
  const release = await describeRelease(
    {
      format: "nearfeed-release",
      version: 1,
      createdAt: details.createdAt,
      protocol: PROTOCOL_VERSION,
      space: index.space,
      signature: deep?.signature ?? null,
      dim: index.columns.dim,
      items: index.columns.size,
      costs: retrievalCosts(assembly, bytes),
      profile: model.profile,
      signals: model.signals,
      linear: model.linear,
      heads: deep?.heads ?? null,
      selection: model.selection,
      uncertainty: model.uncertainty,
      languages: [...index.dictionaries.languages],
      regions: [...index.dictionaries.regions],
      metrics: details.metrics,
    },
    bytes,
  );
  return { release, bytes };
}

/** A vector that is not finite shows in its scale. */
function checkFinite(scale: Float32Array): void {
  const row = scale.findIndex((value) => !Number.isFinite(value));
  if (row >= 0) {
    throw new NearfeedError("diverged", `Training gave item ${row} a vector that is not finite`, {
      hint: "Check the log for values out of range, or train with another --seed.",
    });
  }
}
