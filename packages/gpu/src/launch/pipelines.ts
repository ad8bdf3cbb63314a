import { ValidationError, VisageError } from '../core/errors.ts';
import { assemble, type Program, writtenBindings } from '../core/program.ts';

/**
 * A WGSL text that is compiled when it is first needed or, by {@link Compilation.prepare}, earlier and in parallel with
 * others.
 */
class Compilation {
  readonly layout: GPUBindGroupLayout;
  /** For each binding: does the kernel write to it? */
  readonly writes: readonly boolean[];
  readonly #device: GPUDevice;
  /** The compiler's message and the text with line numbers, if it does not compile. */
  refusal: string | undefined;
  readonly #name: string;
  readonly #code: string;
  readonly #pipelineLayout: GPUPipelineLayout;
  #handle: GPUComputePipeline | undefined;
  #preparing: Promise<void> | undefined;

  /** Makes the layout from the declarations in the text, so that bind groups need not wait for the compiler. */
  constructor(device: GPUDevice, name: string, code: string) {
    this.#device = device;
    this.#name = name;
    this.#code = code;
    this.writes = writtenBindings(code);
    device.pushErrorScope('validation');
    this.layout = device.createBindGroupLayout({
      label: name,
      entries: this.writes.map((written, binding) => ({
        binding,
        visibility: 0x4, // COMPUTE
        buffer: { type: written ? 'storage' : 'read-only-storage' },
      })),
    });
    this.#pipelineLayout = device.createPipelineLayout({ label: name, bindGroupLayouts: [this.layout] });
    this.#report(device.popErrorScope());
  }

  /** The pipeline. If it was not compiled yet, it is compiled now, on this thread. */
  get handle(): GPUComputePipeline {
    if (this.#handle) return this.#handle;
    this.#device.pushErrorScope('validation');
    this.#handle = this.#device.createComputePipeline(this.#descriptor());
    this.#report(this.#device.popErrorScope());
    return this.#handle;
  }

  /**
   * Compiles the text on the device's own threads, if it was not compiled yet. An error becomes its {@link
   * Compilation.refusal}.
   */
  prepare(): Promise<void> {
    if (this.#handle) return Promise.resolve();
    this.#preparing ??= this.#prepare();
    return this.#preparing;
  }

  async #prepare(): Promise<void> {
    this.#device.pushErrorScope('validation');
    const compiling = this.#device.createComputePipelineAsync(this.#descriptor());
    const checked = this.#report(this.#device.popErrorScope());
    try {
      const handle = await compiling;
      this.#handle ??= handle;
    } catch (cause) {
      await checked; // the error of the shader module says more
      this.#fail(cause instanceof Error ? cause.message : String(cause));
    }
  }

  #descriptor(): GPUComputePipelineDescriptor {
    const module = this.#device.createShaderModule({ label: this.#name, code: this.#code });
    return { label: this.#name, layout: this.#pipelineLayout, compute: { module, entryPoint: 'main' } };
  }

  #report(scope: Promise<GPUError | null>): Promise<void> {
    return scope.then(
      (error) => {
        if (error) this.#fail(error.message);
      },
      () => {}, // the device was lost, which is reported elsewhere
    );
  }

  #fail(message: string): void {
    this.refusal ??= `${message}\n${numbered(this.#code)}`;
  }
}

/** A compiled program, under one of its names. */
export class Pipeline {
  readonly #compilation: Compilation;
  #failure: ValidationError | undefined;

  constructor(
    compilation: Compilation,
    readonly name: string,
    /** A number that is equal for equal texts. */
    readonly id: number,
    /** WGSL extensions that it uses, such as `f16`. */
    readonly enables: readonly string[],
  ) {
    this.#compilation = compilation;
  }

  /** The pipeline. If it was not compiled yet, it is compiled now. */
  get handle(): GPUComputePipeline {
    return this.#compilation.handle;
  }

  /** The error, if the device has reported that the text does not compile. */
  get failure(): ValidationError | undefined {
    const { refusal } = this.#compilation;
    if (refusal !== undefined) this.#failure ??= new ValidationError(`${this.name}: ${refusal}`);
    return this.#failure;
  }

  /** The layout of bind group 0. */
  get layout(): GPUBindGroupLayout {
    return this.#compilation.layout;
  }

  /** For each binding: does the kernel write to it? */
  get writes(): readonly boolean[] {
    return this.#compilation.writes;
  }

  /** Compiles the program on the device's threads, in parallel with others. */
  prepare(): Promise<void> {
    return this.#compilation.prepare();
  }

  /** The pipeline of the same text under another name. */
  named(name: string): Pipeline {
    return new Pipeline(this.#compilation, name, this.id, this.enables);
  }
}

type ByName = Map<string, Pipeline>;

/** How many texts a generation has. A training run has less than a thousand. */
const GENERATION = 4096;

/**
 * A cache of pipelines by their WGSL text: equal texts are compiled once, whatever their names are.
 *
 * Shapes are part of the texts, so images of ever new sizes need ever new texts. When {@link GENERATION} texts are
 * cached, a new generation begins. A text of the previous generation stays cached if it is needed again before the new
 * generation is full. Recorded steps have references to their pipelines.
 */
export class PipelineCache {
  #byText = new Map<string, ByName>();
  /** The texts of the previous generation that were not needed again yet. */
  #previous = new Map<string, ByName>();
  #nextId = 0;
  #device: GPUDevice;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /**
   * The pipeline of a program. It is compiled at its first use.
   *
   * @throws VisageError if the program needs f16 and the device lacks `shader-f16`, RangeError if a constant does not
   * fit its type.
   */
  get(program: Program): Pipeline {
    const code = assemble(program);
    const named = this.#byText.get(code) ?? this.#renewed(code);
    const cached = named.get(program.name);
    if (cached) return cached;
    const [other] = named.values();
    const pipeline = other ? other.named(program.name) : this.#create(program, code);
    named.set(program.name, pipeline);
    return pipeline;
  }

  /** Puts a text into the current generation. */
  #renewed(code: string): ByName {
    if (this.#byText.size >= GENERATION) {
      this.#previous = this.#byText;
      this.#byText = new Map();
    }
    const named: ByName = this.#previous.get(code) ?? new Map();
    this.#previous.delete(code);
    this.#byText.set(code, named);
    return named;
  }

  #create({ name, enables = [] }: Program, code: string): Pipeline {
    if (enables.includes('f16') && !this.#device.features.has('shader-f16'))
      throw new VisageError(
        `${name}: works on f16 tensors, but this device lacks the feature shader-f16; cast() them to f32, or leave it to autocast('f16', …), which computes in f32 here`,
      );
    return new Pipeline(new Compilation(this.#device, name, code), name, this.#nextId++, enables);
  }

  /** How many texts are cached. */
  get size(): number {
    return this.#byText.size + this.#previous.size;
  }
}

const numbered = (code: string) =>
  code
    .split('\n')
    .map((line, k) => `${String(k + 1).padStart(4)} ${line}`)
    .join('\n');
