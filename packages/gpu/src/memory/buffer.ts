import type { VisageError } from '../core/errors.ts';
import { nextMoment } from '../core/moments.ts';
import type { Gpu } from '../device/gpu.ts';

/**
 * Storage on the device. A buffer made while a step is traced is virtual: it gets its memory when the step is planned.
 *
 * A buffer may be part of another one, its {@link GpuBuffer.whole}: then its memory is that of the whole.
 */
export class GpuBuffer {
  /** The moment at which it was made: smaller than that of whatever came later. */
  readonly id = nextMoment();
  released = false;
  #failure: VisageError | undefined;
  /** Its memory belongs to a recorded step and goes back with it. */
  ownedByStep = false;
  #resource: GPUBuffer | undefined;
  readonly #home: Gpu | undefined;
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
    /** The device that it lies on; unknown until it gets memory. */
    home?: Gpu,
  ) {
    this.#resource = resource;
    this.#home = home;
  }

  /** The device that it lies on. */
  get home(): Gpu | undefined {
    return this.whole.#home;
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

  /** The moment of the latest change of its content; 0 if there was none. Neighbours in a whole have versions of their own. */
  get version(): number {
    if (!this.#isView) return this.#version;
    let latest = 0;
    for (const part of this.contents) latest = Math.max(latest, part.#version);
    return latest;
  }

  /** Notes that its content changes, and with it that of whatever shares its bytes. */
  changed(moment: number): void {
    const { whole } = this;
    whole.#version = moment;
    if (whole.#members.length > 0) for (const part of this.contents) part.#version = moment;
  }

  /** Why its content is not what should have been written there. */
  get failure(): VisageError | undefined {
    for (const part of this.contents) if (part.#failure) return part.#failure;
    return undefined;
  }

  /** Notes that something failed which should have written here; with `undefined`, that all of it was written since. */
  spoil(failure: VisageError | undefined): void {
    for (const part of this.contents) part.#failure = failure;
  }

  /** No other buffer has bytes in common with it. */
  get isAlone(): boolean {
    return this.#whole === undefined && this.#members.length === 0;
  }

  /** The buffers that have its bytes: itself or the one that it is a view of; of a whole that others were moved into, those among them. */
  get contents(): readonly GpuBuffer[] {
    const { whole } = this;
    if (this !== whole && !this.#isView) return [this];
    const members = whole.#members;
    if (members.length === 0) return [whole];
    if (this === whole) return members;
    const [begin, end] = [this.#offset, this.#offset + this.bytes];
    return members.filter((member) => member.#offset < end && begin < member.#offset + member.bytes);
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
    whole.#version = Math.max(whole.#version, this.#version);
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
