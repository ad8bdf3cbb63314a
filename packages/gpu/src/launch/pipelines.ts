import { ValidationError, VisageError } from '../core/errors.ts';
import { assemble, type Program, writtenBindings } from '../core/program.ts';

/** A kernel text, compiled when it is first needed or, with {@link Compilation.prepare}, before that and beside others. */
class Compilation {
  readonly layout: GPUBindGroupLayout;
  readonly writes: readonly boolean[];
  readonly #device: GPUDevice;
  /** The compiler's words, and the text, if it does not compile. */
  refusal: string | undefined;
  readonly #name: string;
  readonly #code: string;
  readonly #pipelineLayout: GPUPipelineLayout;
  #handle: GPUComputePipeline | undefined;
  #preparing: Promise<void> | undefined;

  /** The layout comes from the declarations, so that bind groups need not wait for the compiler. */
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

  /** The pipeline; compiled now, on this thread, unless it is there. */
  get handle(): GPUComputePipeline {
    if (this.#handle) return this.#handle;
    this.#device.pushErrorScope('validation');
    this.#handle = this.#device.createComputePipeline(this.#descriptor());
    this.#report(this.#device.popErrorScope());
    return this.#handle;
  }

  /** Compiles on the device's own threads; done at once when the pipeline is there. What goes wrong is then its {@link Compilation.refusal}. */
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
      await checked; // the module's own error says more
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
      () => {}, // the device is lost: that error speaks for itself
    );
  }

  #fail(message: string): void {
    this.refusal ??= `${message}\n${numbered(this.#code)}`;
  }
}

/** A program with what the recorder needs to know of its bindings. */
export class Pipeline {
  readonly #compilation: Compilation;
  #failure: ValidationError | undefined;

  constructor(
    compilation: Compilation,
    readonly name: string,
    /** Equal for equal text. */
    readonly id: number,
    /** WGSL extensions that it uses, such as `f16`. */
    readonly enables: readonly string[],
  ) {
    this.#compilation = compilation;
  }

  /** What the device runs; compiled now if it has not been. */
  get handle(): GPUComputePipeline {
    return this.#compilation.handle;
  }

  /** Why the device refuses it, as far as it has told. */
  get failure(): ValidationError | undefined {
    const { refusal } = this.#compilation;
    if (refusal !== undefined) this.#failure ??= new ValidationError(`${this.name}: ${refusal}`);
    return this.#failure;
  }

  get layout(): GPUBindGroupLayout {
    return this.#compilation.layout;
  }

  /** Per binding: does the kernel write to it? */
  get writes(): readonly boolean[] {
    return this.#compilation.writes;
  }

  /** Compiles beside other programs, on the device's threads. */
  prepare(): Promise<void> {
    return this.#compilation.prepare();
  }

  /** The same text under another name. */
  named(name: string): Pipeline {
    return new Pipeline(this.#compilation, name, this.id, this.enables);
  }
}

type ByName = Map<string, Pipeline>;

/** Texts in use at a time: a training of every kind has below a thousand. */
const GENERATION = 4096;

/**
 * Compiles programs once: equal WGSL text is compiled once, whatever names it runs under.
 *
 * Shapes are part of the texts, so pictures of ever other sizes bring ever other texts. When there are {@link GENERATION} of them, those stay only that are asked for
 * again before there are as many others. Recorded steps keep what they run.
 */
export class PipelineCache {
  #byText = new Map<string, ByName>();
  /** The generation before, of which not everything was asked for again. */
  #before = new Map<string, ByName>();
  #nextId = 0;
  #device: GPUDevice;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** The pipeline of a program; it is compiled at its first use. */
  get(program: Program): Pipeline {
    const code = assemble(program);
    const named = this.#byText.get(code) ?? this.#renewed(code);
    const known = named.get(program.name);
    if (known) return known;
    const [twin] = named.values();
    const pipeline = twin ? twin.named(program.name) : this.#create(program, code);
    named.set(program.name, pipeline);
    return pipeline;
  }

  /** Puts a text into the present generation. */
  #renewed(code: string): ByName {
    if (this.#byText.size >= GENERATION) {
      this.#before = this.#byText;
      this.#byText = new Map();
    }
    const named: ByName = this.#before.get(code) ?? new Map();
    this.#before.delete(code);
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

  /** Texts that are kept. */
  get size(): number {
    return this.#byText.size + this.#before.size;
  }
}

const numbered = (code: string) =>
  code
    .split('\n')
    .map((line, k) => `${String(k + 1).padStart(4)} ${line}`)
    .join('\n');
