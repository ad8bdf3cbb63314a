/** @file What an engine has to offer: the same work for Visage and its peers. */

/** Numbers on the host: images NHWC, convolution weights [kh, kw, ci, co]. */
export interface HostTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Work with its data on the device. */
export interface Task {
  /** Does the work so many times over and waits until the device is done. */
  run(times: number): Promise<void>;
  /** The results of the last time, in the common layout. */
  results(): Promise<Float32Array[]>;
  dispose(): void;
}

export interface ConvData {
  readonly x: HostTensor;
  readonly w: HostTensor;
}

export interface GradientData extends ConvData {
  /** Gradient with respect to the result. */
  readonly dy: HostTensor;
}

export interface GeneratorData {
  readonly image: HostTensor;
  readonly style: HostTensor;
  readonly weights: Readonly<Record<string, HostTensor>>;
}

/** What computes: Visage, or a peer. */
export interface Engine {
  /** Stride 1, zero padding that keeps the size. */
  convForward(data: ConvData): Task;
  /**
   * Gradients with respect to x and w, given that of the result; with a forward pass where the engine cannot do
   * without.
   */
  convGradients(data: GradientData): Task;
  /** The network of generator.ts. */
  generator(data: GeneratorData): Task;
}
