/** @file What a run in a folder tells whoever watches it: a terminal, a page, a test. */

/** Where a run stands after the losses of a step were read. */
export interface RunProgress {
  readonly step: number;
  readonly stepsPerSecond: number;
  readonly imagesPerSecond: number;
  /** Short names and values. */
  readonly losses: Readonly<Record<string, number>>;
}

/**
 * Is told how a run goes, while it goes; what is left out is not told. An error that one of these throws ends the run,
 * which is saved first.
 */
export interface RunObserver {
  /** The losses of a step were read. */
  onStep?(progress: RunProgress): void;
  /**
   * Something happened that a person should see: a warning, a measurement, the reason why the run was asked to stop.
   */
  onNote?(line: string): void;
  /** No step comes any more; the last sample, measurement, checkpoint and pictures follow. */
  onLastStep?(): void;
  /** The run ends with an error, and its steps so far are saved. */
  onRescue?(saved: { readonly step: number; readonly checkpoint: string }): void;
}
