import { VisageError } from '../core/errors.ts';
import { nextMoment } from '../core/moments.ts';
import type { Gpu } from '../device/gpu.ts';

/**
 * Storage on the device. A buffer that is made while a step is traced is virtual: it gets its memory when the step is
 * planned.
 *
 * A buffer may share the memory of a larger one, its {@link GpuBuffer.whole}, in two ways. {@link GpuBuffer.part} makes
 * a view: another name for some of the bytes of a buffer. {@link GpuBuffer.moveInto} packs a buffer: it becomes a
 * member of the whole, beside other members.
 */
export class GpuBuffer {
  /** The moment at which the buffer was made: smaller than that of whatever was made later. */
  readonly id = nextMoment();
  #released = false;
  #ownedByStep = false;
  #failure: VisageError | undefined;
  #memory: GPUBuffer | undefined;
  readonly #home: Gpu | undefined;
  #frozen = false;
  #version = 0;
  #whole: GpuBuffer | undefined;
  #offset = 0;
  /** The buffers that were packed into this one. */
  #members: GpuBuffer[] = [];
  /** Is this buffer a view that {@link GpuBuffer.part} made? */
  #isView = false;

  constructor(
    /** Bytes that the owner asked for, a multiple of 4. The device memory may be larger. */
    readonly bytes: number,
    memory?: GPUBuffer,
    /** The device that the buffer lies on; unknown until it gets memory. */
    home?: Gpu,
  ) {
    this.#memory = memory;
    this.#home = home;
  }

  /** The device that the buffer lies on. */
  get home(): Gpu | undefined {
    return this.whole.#home;
  }

  /** The buffer whose memory this one shares; the buffer itself if it has memory of its own. */
  get whole(): GpuBuffer {
    return this.#whole ?? this;
  }

  /** Bytes from the beginning of the whole's memory to the first byte of this buffer. */
  get offset(): number {
    return this.#offset;
  }

  /** The device memory, that of the whole; `undefined` while the buffer is virtual and after its release. */
  get resource(): GPUBuffer | undefined {
    return this.whole.#memory;
  }

  /** Gives the buffer, and whatever shares its memory, this device memory. */
  attach(memory: GPUBuffer | undefined): void {
    this.whole.#memory = memory;
  }

  /** Takes the device memory away from the buffer and returns it. */
  detach(): GPUBuffer | undefined {
    const { whole } = this;
    const memory = whole.#memory;
    whole.#memory = undefined;
    return memory;
  }

  /** Has the owner given the buffer back? */
  get released(): boolean {
    return this.#released;
  }

  /** Notes that the owner gives the buffer back; {@link Gpu.release} does it, and takes care of the memory. */
  markReleased(): void {
    this.#released = true;
  }

  /** Does the memory belong to a recorded step? Then it is given back with the step. */
  get ownedByStep(): boolean {
    return this.#ownedByStep;
  }

  /** Notes that the memory belongs to a recorded step from now on. */
  giveToStep(): void {
    this.#ownedByStep = true;
  }

  /**
   * The moment at which the content last changed; 0 if it never did. The members of a whole have versions of their own.
   */
  get version(): number {
    if (!this.#isView) return this.#version;
    let latest = 0;
    for (const part of this.contents) latest = Math.max(latest, part.#version);
    return latest;
  }

  /** Notes that the content changes, and with it the content of every buffer that shares these bytes. */
  changed(moment: number): void {
    const { whole } = this;
    whole.#version = moment;
    if (whole.#members.length > 0) for (const part of this.contents) part.#version = moment;
  }

  /** The error of a launch that should have written the content and failed; `undefined` if the content is good. */
  get failure(): VisageError | undefined {
    for (const part of this.contents) if (part.#failure) return part.#failure;
    return undefined;
  }

  /**
   * Notes that a launch failed which should have written the content; `undefined` notes that all of it was written
   * since.
   */
  spoil(failure: VisageError | undefined): void {
    for (const part of this.contents) part.#failure = failure;
  }

  /** Is there no other buffer that shares the memory? */
  get isAlone(): boolean {
    return this.#whole === undefined && this.#members.length === 0;
  }

  /**
   * The buffers whose content is in these bytes. For a packed whole or a view of one: the members that overlap it. For
   * a view of any other buffer: that buffer. Otherwise: the buffer itself.
   */
  get contents(): readonly GpuBuffer[] {
    const { whole } = this;
    if (this !== whole && !this.#isView) return [this];
    const members = whole.#members;
    if (members.length === 0) return [whole];
    if (this === whole) return members;
    const [begin, end] = [this.#offset, this.#offset + this.bytes];
    return members.filter((member) => member.#offset < end && begin < member.#offset + member.bytes);
  }

  /** Is the content frozen ({@link GpuBuffer.freeze})? A packed whole is frozen if all its members are. */
  get frozen(): boolean {
    return this.#members.length > 0 ? this.#members.every((member) => member.frozen) : this.#frozen;
  }

  /**
   * Says that the content changes rarely, as a frozen weight does. Recorded steps then compute what depends on frozen
   * buffers alone once, and again only after one of them was written to.
   *
   * @param on `false` says that the content changes often again.
   */
  freeze(on = true): void {
    this.#frozen = on;
  }

  /** The buffer whose release gives the memory back: for a view the whole, otherwise the buffer itself. */
  get owner(): GpuBuffer {
    return this.#isView ? this.whole : this;
  }

  /** A view of `bytes` bytes from `offset` on. Its memory and its lifetime are those of the whole. */
  part(offset: number, bytes: number): GpuBuffer {
    const part = new GpuBuffer(bytes);
    part.#whole = this.whole;
    part.#offset = this.#offset + offset;
    part.#isView = true;
    part.#frozen = this.frozen;
    return part;
  }

  /**
   * A view of the buffer whose length is rounded up to a multiple of `alignment` bytes, for kernels that read whole
   * vectors. The bytes past the buffer's own may hold anything, and whoever uses the view must not let them count.
   *
   * Device memory comes in multiples of 64 bytes, except for a buffer as large as the device's limit.
   *
   * @throws VisageError if the device memory ends before the rounded length.
   */
  padded(alignment: number): GpuBuffer {
    const bytes = Math.ceil(this.bytes / alignment) * alignment;
    const { resource } = this;
    if (resource && this.#offset + bytes > resource.size)
      throw new VisageError(
        `padded: ${bytes} bytes from byte ${this.#offset} on do not fit into ${resource.size} bytes of device memory; bind the buffer as it is`,
      );
    return this.part(0, bytes);
  }

  /**
   * Packs the buffer into `whole`, at `offset` bytes. The memory of the whole lasts until the last of its members is
   * released.
   *
   * @returns the memory that the buffer had, with its content, for the caller to copy.
   */
  moveInto(whole: GpuBuffer, offset: number): GPUBuffer | undefined {
    const memory = this.#memory;
    whole.#version = Math.max(whole.#version, this.#version);
    whole.#members.push(this);
    this.#memory = undefined;
    this.#whole = whole;
    this.#offset = offset;
    return memory;
  }

  /**
   * May the memory of this released buffer be given back? That of a packed whole may when the last member is released.
   */
  get isFree(): boolean {
    return this.whole.#members.every(({ released }) => released);
  }

  /** Gives the buffer other memory for a while, and returns a function that undoes it. */
  lend(memory: GPUBuffer): () => void {
    const before = [this.#memory, this.#whole, this.#offset, this.#released] as const;
    this.#memory = memory;
    this.#whole = undefined;
    this.#offset = 0;
    this.#released = false;
    return () => {
      [this.#memory, this.#whole, this.#offset, this.#released] = before;
    };
  }
}
