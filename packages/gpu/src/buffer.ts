let nextId = 1;

/**
 * Storage on the device. A buffer made while a step is traced is virtual: it gets its memory when the step is planned.
 *
 * A buffer may be part of another one, its {@link GpuBuffer.whole}: then memory and version are those of the whole.
 */
export class GpuBuffer {
  readonly id = nextId++;
  released = false;
  /** Its memory belongs to a recorded step and goes back with it. */
  ownedByStep = false;
  #resource: GPUBuffer | undefined;
  #steady = false;
  #version = 0;
  #whole: GpuBuffer | undefined;
  #offset = 0;
  /** The buffers that were moved in here: the memory is theirs together. */
  #members: GpuBuffer[] = [];
  /** Made by {@link GpuBuffer.part}: the memory is somebody else's. */
  #isView = false;

  constructor(
    /** Bytes that the owner asked for, a multiple of 4. The resource may be larger. */
    readonly bytes: number,
    resource?: GPUBuffer,
  ) {
    this.#resource = resource;
  }

  /** The buffer that this one is part of; itself, unless it is part of another. */
  get whole(): GpuBuffer {
    return this.#whole ?? this;
  }

  /** Bytes before the first one in the memory of the whole. */
  get offset(): number {
    return this.#offset;
  }

  /** The device memory, that of the whole; `undefined` while virtual and after release. */
  get resource(): GPUBuffer | undefined {
    return this.whole.#resource;
  }

  set resource(memory: GPUBuffer | undefined) {
    this.whole.#resource = memory;
  }

  /** Grows with each change of the content, or of any other part of the whole. */
  get version(): number {
    return this.whole.#version;
  }

  set version(value: number) {
    this.whole.#version = value;
  }

  /** Its content rarely changes, as that of a frozen weight: a recorded step keeps what it computes from such buffers alone. A whole is steady if its members are. */
  get steady(): boolean {
    return this.#members.length > 0 ? this.#members.every((member) => member.steady) : this.#steady;
  }

  set steady(value: boolean) {
    this.#steady = value;
  }

  /** Whose release gives the memory back: the whole for parts that are only another view of it. */
  get owner(): GpuBuffer {
    return this.#isView ? this.whole : this;
  }

  /** A view of some bytes from `offset` on. Memory and lifetime are those of the whole. */
  part(offset: number, bytes: number): GpuBuffer {
    const part = new GpuBuffer(bytes);
    part.#whole = this.whole;
    part.#offset = this.#offset + offset;
    part.#isView = true;
    part.#steady = this.steady;
    return part;
  }

  /** Becomes a part of `whole`, whose memory lasts as long as one of its members. Returns the memory that the buffer had, with its content. */
  moveInto(whole: GpuBuffer, offset: number): GPUBuffer | undefined {
    const memory = this.#resource;
    whole.#version += this.#version + 1;
    whole.#members.push(this);
    this.#resource = undefined;
    this.#whole = whole;
    this.#offset = offset;
    return memory;
  }

  /** Is the memory of a released buffer free now? That of a whole is when the last member is released. */
  get unused(): boolean {
    return this.whole.#members.every(({ released }) => released);
  }

  /** Gives the buffer other memory for a while; returns what puts everything back. */
  lend(memory: GPUBuffer): () => void {
    const before = [this.#resource, this.#whole, this.#offset, this.released] as const;
    this.#resource = memory;
    this.#whole = undefined;
    this.#offset = 0;
    this.released = false;
    return () => {
      [this.#resource, this.#whole, this.#offset, this.released] = before;
    };
  }
}
