/** How far training was at each checkpoint, by what is held out: for reports. It is part of no release. */

export interface Checkpoint {
  /** Steps done; 0 is what training began with. */
  readonly step: number;
  readonly value: number;
}

/** Empty where nothing was held out. */
export interface LearningCurves {
  /** Loss of the running average on the same people's next events, in nats a target. */
  readonly encoder: readonly Checkpoint[];
  /** Of people it did not learn from. */
  readonly ranker: {
    /** `loss`: in nats a target, of the score as it would be used · `gauc`: mean GAUC of the heads that count, by themselves and wherever things stood */
    readonly measure: "loss" | "gauc";
    readonly points: readonly Checkpoint[];
    /** The same of the linear score alone. */
    readonly linear: number | null;
  };
}
