let nextId = 1;

/**
 * Storage on the device. A buffer made while a step is traced is virtual: it gets its memory when the step is planned.
 */
export class GpuBuffer {
  readonly id = nextId++;
  /** The device memory; `undefined` while virtual and after release. */
  resource: GPUBuffer | undefined;
  released = false;
  /** Its memory belongs to a recorded step and goes back with it. */
  ownedByStep = false;
  /** Its content rarely changes, as that of a frozen weight: a recorded step keeps what it computes from such buffers alone. */
  steady = false;
  /** Grows with each change of the content. */
  version = 0;

  constructor(
    /** Bytes that the owner asked for, a multiple of 4. The resource may be larger. */
    readonly bytes: number,
    resource?: GPUBuffer,
  ) {
    this.resource = resource;
  }
}
