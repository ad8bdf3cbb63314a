/** @file The notifications of a run to an observer, such as a terminal, a page or a test. */

/** The progress of a run when the losses of a step were read. */
export interface RunProgress {
  readonly step: number;
  readonly stepsPerSecond: number;
  readonly imagesPerSecond: number;
  /** The values of the losses by short name. */
  readonly losses: Readonly<Record<string, number>>;
}

/**
 * Callbacks that report the progress of a run; each is optional. An error that one of them throws ends the run, which
 * is saved first.
 */
export interface RunObserver {
  /** Called when the losses of a step were read. */
  onStep?(progress: RunProgress): void;
  /** Called with a message for the user: a warning, a measurement, or the reason why the run was asked to stop. */
  onNote?(line: string): void;
  /** Called after the last step, before the last sample grid, measurement, checkpoint and pictures are made. */
  onLastStep?(): void;
  /** Called when the run ends with an error, after its steps so far were saved. */
  onRescue?(saved: { readonly step: number; readonly checkpoint: string }): void;
}
