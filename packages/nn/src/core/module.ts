import { currentGpu, type Gpu, VisageError } from '@visage/gpu';
import { keep, noGrad, type Tensor } from '@visage/tensor';
import type { Layout } from './layouts.ts';

/** A parameter or buffer of a module, with the way it is laid out in a weight file. */
export interface StateEntry {
  readonly tensor: Tensor;
  readonly layout: Layout;
  /** Parameters are trained; buffers (running statistics) are updated by the forward pass. */
  readonly kind: 'parameter' | 'buffer';
}

/**
 * Base of every network and layer: named parameters, buffers and children.
 *
 * Constructors register what they own under the names of the published checkpoints, while the TypeScript fields keep
 * names of their own: `this.body = this.child('BottleNeck', new ModuleList(blocks))`. State names are dotted paths such
 * as `BottleNeck.0.conv1.1.weight`, in registration order (parameters, buffers, children), which is PyTorch's order.
 */
export abstract class Module {
  #own = new Map<string, StateEntry>();
  #children = new Map<string, Module>();
  #training = true;

  /** The device that its tensors lie on; of a module without any, the current one. */
  get gpu(): Gpu {
    const [first] = this.state().values();
    return first?.tensor.gpu ?? currentGpu();
  }

  /** Whether batch norms use and update batch statistics; see {@link Module.train}. */
  get training(): boolean {
    return this.#training;
  }

  /**
   * Registers a child under its name in state dicts, and returns it.
   *
   * @throws VisageError when the name is taken, empty or holds a dot.
   */
  protected child<M extends Module>(name: string, module: M): M {
    this.#checkName(name);
    this.#children.set(name, module);
    return module;
  }

  /** Registers a trained tensor: it requires gradients and lives until {@link Module.dispose}. */
  protected param(name: string, tensor: Tensor, layout: Layout = 'plain'): Tensor {
    tensor.requiresGrad = true;
    return this.#register(name, { tensor, layout, kind: 'parameter' });
  }

  /** Registers a tensor that is saved but not trained; it lives until {@link Module.dispose}. */
  protected buffer(name: string, tensor: Tensor, layout: Layout = 'plain'): Tensor {
    return this.#register(name, { tensor, layout, kind: 'buffer' });
  }

  #register(name: string, entry: StateEntry): Tensor {
    this.#checkName(name);
    this.#own.set(name, entry);
    return keep(entry.tensor);
  }

  #checkName(name: string): void {
    if (name === '' || name.includes('.') || this.#own.has(name) || this.#children.has(name)) {
      const what = `${this.constructor.name}: the name '${name}' is taken, empty or holds a dot`;
      throw new VisageError(`${what}; state-dict names are dotted paths of distinct parts`);
    }
  }

  /** Everything that a weight file holds, by dotted name, with layouts. */
  state(): Map<string, StateEntry> {
    const entries = new Map<string, StateEntry>(this.#own);
    for (const [name, child] of this.#children) {
      for (const [path, entry] of child.state()) entries.set(`${name}.${path}`, entry);
    }
    return entries;
  }

  /** Parameters and buffers by dotted name. The tensors are the live ones: `write()` into them to restore. */
  stateDict(): Map<string, Tensor> {
    return new Map([...this.state()].map(([name, entry]) => [name, entry.tensor]));
  }

  /**
   * Trained tensors by dotted name; what optimizers take. One that several modules share comes once, by its first name.
   */
  namedParameters(): Map<string, Tensor> {
    return this.#select('parameter');
  }

  /** The parameters that gradients reach, by dotted name: those of frozen parts are left out. */
  trainedParameters(): Map<string, Tensor> {
    return new Map([...this.namedParameters()].filter(([, { requiresGrad }]) => requiresGrad));
  }

  /** Running statistics and the like, by dotted name. */
  namedBuffers(): Map<string, Tensor> {
    return this.#select('buffer');
  }

  /** Trained tensors, in the order of {@link Module.namedParameters}. */
  parameters(): Tensor[] {
    return [...this.namedParameters().values()];
  }

  #select(kind: StateEntry['kind']): Map<string, Tensor> {
    const names = new Map<Tensor, string>();
    for (const [name, entry] of this.state())
      if (entry.kind === kind && !names.has(entry.tensor)) names.set(entry.tensor, name);
    return new Map([...names].map(([tensor, name]) => [name, tensor]));
  }

  /** Number of trained values. */
  get parameterCount(): number {
    return this.parameters().reduce((sum, tensor) => sum + tensor.size, 0);
  }

  /** Switches this module and everything below to training (default) or evaluation mode. */
  train(on = true): this {
    this.#training = on;
    for (const child of this.#children.values()) child.train(on);
    return this;
  }

  /** Evaluation mode: batch norms use their running statistics and leave them alone. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Stops (or restores) gradients into the parameters; gradients still flow through to the inputs. Recorded steps
   * compute what depends on frozen parameters alone (and on running statistics) once, and again only after they
   * changed.
   */
  freeze(on = true): this {
    for (const { tensor, kind } of this.state().values()) {
      if (kind === 'parameter') tensor.requiresGrad = !on;
      tensor.buffer.freeze(on);
    }
    return this;
  }

  /**
   * Runs `fn`, which must not be async, without gradients and with everything here frozen and in evaluation mode; then
   * each part is as it was before.
   *
   * A step that `fn` records is one of inference, also of a network that goes on learning: batch norms are folded, and
   * what depends on weights and running statistics alone is computed once, and again only after they changed.
   */
  inference<T>(fn: () => T): T {
    const modes = this.#modes();
    const tensors = [...this.stateDict().values()];
    const before = tensors.map(({ requiresGrad, buffer: { frozen } }) => ({ requiresGrad, frozen }));
    this.freeze().eval();
    try {
      return noGrad(fn);
    } finally {
      for (const [module, training] of modes) module.#training = training;
      for (const [k, { requiresGrad, frozen }] of before.entries()) {
        const tensor = tensors[k] as Tensor;
        tensor.requiresGrad = requiresGrad;
        tensor.buffer.freeze(frozen);
      }
    }
  }

  /** The mode of this module and of all modules below it. */
  #modes(modes = new Map<Module, boolean>()): Map<Module, boolean> {
    modes.set(this, this.#training);
    for (const child of this.#children.values()) child.#modes(modes);
    return modes;
  }

  /** Gives the memory of every parameter and buffer back. */
  dispose(): void {
    for (const tensor of this.stateDict().values()) tensor.dispose();
  }
}

/** A module that maps one tensor to one tensor. */
export abstract class Layer extends Module {
  abstract forward(x: Tensor): Tensor;
}

/** Children named `0`, `1`, …, for modules whose forward takes more than one tensor. */
export class ModuleList<M extends Module> extends Module implements Iterable<M> {
  readonly items: readonly M[];

  constructor(items: readonly M[]) {
    super();
    this.items = items.map((item, k) => this.child(String(k), item));
  }

  [Symbol.iterator](): Iterator<M> {
    return this.items[Symbol.iterator]();
  }
}
