/**
 * The trainer as a library, for people who call it from their own pipeline; the command line is made of the same parts.
 */
export { evaluationTable, type EvaluationTable, type MetricRow, PROTOCOLS } from "./evaluate/protocols.ts";
export { changeChannel, type ChannelChange } from "./publish/change-channel.ts";
export { createEdgeClient, type EdgeClient } from "./publish/edge-client.ts";
export { uploadRelease, type UploadOptions } from "./publish/publish-release.ts";
export { makeSigningKey, openSigningKey, type Signer } from "./publish/signing-key.ts";
export { buildRelease, type BuiltRelease } from "./release/build-release.ts";
export { openRelease, type OpenedRelease } from "./release/open-release.ts";
export { readReleaseFolder, writeReleaseFolder } from "./release/release-folder.ts";
export type { Dataset } from "./read/dataset.ts";
export { readDataset, type ReadOptions, type ReadReport } from "./read/read-dataset.ts";
export { type DeepRelease, trainDeepRelease } from "./train/train-deep-release.ts";
export { trainLinear, type TrainedLinear } from "./train/train-linear.ts";
export type { TrainOptions } from "./train/train-options.ts";
