import type { DeepModel } from "../shared/rank.ts";
export interface DeepSession extends DeepModel {
    /** Gives the memory of the graphs back, after the run under way. */
    release(): Promise<void>;
}
export interface DeepOptions {
    readonly encoder: Uint8Array;
    readonly ranker: Uint8Array;
    readonly dim: number;
    readonly heads: number;
    readonly wasmUrl: string;
}
/** What this file exports, for whoever imports it by URL. */
export interface OrtModule {
    createDeepSession(options: DeepOptions): Promise<DeepSession>;
}
/** Loads the runtime and both graphs, and runs them once, so that a graph of other shapes fails here. */
export declare function createDeepSession(options: DeepOptions): Promise<DeepSession>;
