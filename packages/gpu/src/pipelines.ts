import { VisageError } from './errors.ts';
import { assemble, type Program, writtenBindings } from './program.ts';

/** A compiled program with what the recorder needs to know of its bindings. */
export interface Pipeline {
  readonly name: string;
  /** Equal for equal text. */
  readonly id: number;
  readonly handle: GPUComputePipeline;
  /** Per binding: does the kernel write to it? */
  readonly writes: readonly boolean[];
  /** WGSL extensions that it uses, such as `f16`. */
  readonly enables: readonly string[];
}

/** Compiles programs once: equal WGSL text is compiled once, whatever names it runs under. */
export class PipelineCache {
  #byText = new Map<string, Map<string, Pipeline>>();
  #device: GPUDevice;
  #fail: (error: string) => void;

  /** `fail` hears of a program that did not compile, with its name and the compiler's words. */
  constructor(device: GPUDevice, fail: (message: string) => void) {
    this.#device = device;
    this.#fail = fail;
  }

  get(program: Program): Pipeline {
    const code = assemble(program);
    const named = this.#byText.get(code) ?? new Map<string, Pipeline>();
    const known = named.get(program.name);
    if (known) return known;
    const [twin] = named.values();
    const pipeline = twin ? { ...twin, name: program.name } : this.#compile(program, code);
    named.set(program.name, pipeline);
    this.#byText.set(code, named);
    return pipeline;
  }

  #compile({ name, enables = [] }: Program, code: string): Pipeline {
    if (enables.includes('f16') && !this.#device.features.has('shader-f16'))
      throw new VisageError(
        `${name}: works on f16 tensors, but this device lacks the feature shader-f16; cast() them to f32, or leave it to autocast('f16', …), which computes in f32 here`,
      );
    this.#device.pushErrorScope('validation');
    const module = this.#device.createShaderModule({ label: name, code });
    const handle = this.#device.createComputePipeline({
      label: name,
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
    this.#device.popErrorScope().then(
      (error) => error && this.#fail(`${name}: ${error.message}\n${numbered(code)}`),
      () => {}, // the device is lost: that error speaks for itself
    );
    return { name, id: this.#byText.size, handle, writes: writtenBindings(code), enables };
  }

  /** Programs compiled so far. */
  get size(): number {
    return this.#byText.size;
  }
}

const numbered = (code: string) =>
  code
    .split('\n')
    .map((line, k) => `${String(k + 1).padStart(4)} ${line}`)
    .join('\n');
