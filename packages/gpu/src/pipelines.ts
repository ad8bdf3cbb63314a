import { assemble, type Program, writtenBindings } from './program.ts';

/** A compiled program with what the recorder needs to know of its bindings. */
export interface Pipeline {
  readonly name: string;
  readonly id: number;
  readonly handle: GPUComputePipeline;
  /** Per binding: does the kernel write to it? */
  readonly writes: readonly boolean[];
}

/** Compiles programs once. Equal WGSL text means equal pipeline. */
export class PipelineCache {
  #byText = new Map<string, Pipeline>();
  #device: GPUDevice;
  #fail: (error: string) => void;

  /** `fail` hears of a program that did not compile, with its name and the compiler's words. */
  constructor(device: GPUDevice, fail: (message: string) => void) {
    this.#device = device;
    this.#fail = fail;
  }

  get(program: Program): Pipeline {
    const code = assemble(program);
    const known = this.#byText.get(code);
    if (known) return known;
    this.#device.pushErrorScope('validation');
    const module = this.#device.createShaderModule({ label: program.name, code });
    const handle = this.#device.createComputePipeline({
      label: program.name,
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
    this.#device.popErrorScope().then(
      (error) => error && this.#fail(`${program.name}: ${error.message}\n${numbered(code)}`),
      () => {}, // the device is lost: that error speaks for itself
    );
    const pipeline: Pipeline = { name: program.name, id: this.#byText.size, handle, writes: writtenBindings(code) };
    this.#byText.set(code, pipeline);
    return pipeline;
  }

  get size(): number {
    return this.#byText.size;
  }
}

const numbered = (code: string) =>
  code
    .split('\n')
    .map((line, k) => `${String(k + 1).padStart(4)} ${line}`)
    .join('\n');
