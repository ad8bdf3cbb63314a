import {
  checkBoolean,
  checkInteger,
  checkOptions,
  currentGpu,
  f32,
  type Gpu,
  linearGrid,
  type OptionKeys,
} from '@visage/gpu';
import { optimNonFinite, optimRescale } from '@visage/kernels';
import { cast, concat, div, full, keep, mul, noGrad, slice, type Tensor, tensor } from '@visage/tensor';
import { checkRange, type Optimizer } from './optimizer.ts';
import type { Scaling } from './update.ts';

const WORKGROUP = 256;
/** The device counts steps in u32, so that a longer interval would never end. */
const MOST_STEPS = 2 ** 32 - 1;
/** Vectors that a thread checks: enough loads are in flight, and few workgroups are launched. */
const PER_THREAD = 4;

/** How a {@link GradScaler} changes its scale; the defaults are PyTorch's. */
export interface GradScalerOptions {
  /** Default 2¹⁶. */
  readonly initialScale?: number;
  /** What the scale is multiplied by after `growthInterval` steps without overflow. Default 2. */
  readonly growthFactor?: number;
  /** What it is multiplied by after a step that overflowed. Default 0.5. */
  readonly backoffFactor?: number;
  /** Default 2000. */
  readonly growthInterval?: number;
}

const OPTIONS: OptionKeys<GradScalerOptions> = {
  initialScale: true,
  growthFactor: true,
  backoffFactor: true,
  growthInterval: true,
};

/**
 * Keeps f16 gradients from underflow: it scales a loss before its gradients are computed, and the optimizer divides the
 * gradients by the same factor.
 *
 * A step whose gradients overflow is skipped, its counters too, and the scale is halved; after many steps without
 * overflow it is doubled. Everything happens on the device, so that it can be part of a recorded step. The semantics
 * are those of PyTorch's `torch.amp.GradScaler`. Each optimizer and its loss has a scaler of its own:
 *
 *     const gradients = grad(scaler.scale(loss), optimizer.parameters);
 *     scaler.step(optimizer, gradients);
 *     average.update(scaler);
 *     scaler.update();
 */
export class GradScaler implements Scaling {
  readonly lossScale: Tensor;
  readonly foundInf: Tensor;
  readonly #counts: Tensor;
  readonly #options: Required<GradScalerOptions>;

  constructor(options: GradScalerOptions = {}, gpu: Gpu = currentGpu()) {
    checkOptions('GradScaler', options, OPTIONS);
    const { initialScale = 2 ** 16, growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 } = options;
    checkRange('GradScaler', 'initialScale', initialScale, Number.MIN_VALUE);
    checkRange('GradScaler', 'growthFactor', growthFactor, 1);
    checkRange('GradScaler', 'backoffFactor', backoffFactor, Number.MIN_VALUE, 1);
    checkInteger('GradScaler', 'growthInterval', growthInterval, 1);
    this.#options = { initialScale, growthFactor, backoffFactor, growthInterval };
    this.lossScale = keep(full([1], initialScale, { gpu }));
    this.foundInf = keep(tensor(Uint32Array.of(0), [1], { gpu }));
    this.#counts = keep(tensor(Uint32Array.of(0, 0), [2], { gpu }));
  }

  /** The loss times the scale, f32. */
  scale(loss: Tensor): Tensor {
    return mul(cast(loss, 'f32'), this.lossScale).reshape(loss.shape);
  }

  /**
   * Gradients of a scaled loss divided by the scale, for instance to clip them. {@link GradScaler.step} takes them with
   * `unscaled`.
   */
  unscale(gradients: readonly Tensor[]): Tensor[] {
    return noGrad(() => gradients.map((gradient) => div(gradient, this.lossScale)));
  }

  /**
   * Steps the optimizer by gradients of a scaled loss, unless one of them overflowed.
   *
   * @param unscaled whether the gradients come from {@link GradScaler.unscale}.
   * @throws ArgumentError when the gradients do not match the optimizer's parameters in number or shape.
   */
  step(optimizer: Optimizer, gradients: readonly Tensor[], unscaled = false): void {
    checkBoolean('GradScaler.step', 'unscaled', unscaled);
    for (const vector of [true, false]) {
      const alike = gradients.filter(({ size }) => (size % 4 === 0) === vector);
      this.#check(
        alike.sort((a, b) => b.size - a.size),
        vector,
      );
    }
    optimizer.step(gradients, unscaled ? { foundInf: this.foundInf } : this);
  }

  /**
   * Adapts the scale. Call it after the optimizer's step and after everything that depends on the step, such as a
   * moving average.
   */
  update(): void {
    const { growthFactor, backoffFactor, growthInterval } = this.#options;
    this.foundInf.gpu.dispatch({
      program: {
        name: 'optim/rescale',
        constants: {
          GROWTH: f32(growthFactor),
          BACKOFF: f32(backoffFactor),
          INTERVAL: Math.min(growthInterval, MOST_STEPS),
        },
        parts: [optimRescale],
      },
      buffers: [this.lossScale, this.#counts, this.foundInf].map(({ buffer }) => buffer),
      grid: [1, 1, 1],
    });
  }

  /** [scale, number of steps skipped so far], f32: to be read with the losses. */
  report(): Tensor {
    return noGrad(() => concat([this.lossScale, cast(slice(this.#counts, 0, 1, 2), 'f32')], 0));
  }

  /** What a checkpoint stores. The tensors are the live ones: `write()` into them to restore. */
  stateDict(): Map<string, Tensor> {
    return new Map([
      ['scale', this.lossScale],
      ['counts', this.#counts],
    ]);
  }

  dispose(): void {
    for (const x of [this.lossScale, this.foundInf, this.#counts]) x.dispose();
  }

  /**
   * Sets the flag if an element of the tensors is infinite or not a number. Either all sizes divide by 4, or none does.
   */
  #check(tensors: readonly Tensor[], vector: boolean): void {
    const { gpu } = this.foundInf;
    const perLaunch = gpu.device.limits.maxStorageBuffersPerShaderStage - 1;
    for (let k = 0; k < tensors.length; k += perLaunch) {
      const some = tensors.slice(k, k + perLaunch);
      const [x, y] = linearGrid(Math.ceil((some[0] as Tensor).size / (vector ? 4 : 1) / (WORKGROUP * PER_THREAD)));
      gpu.dispatch({
        program: {
          name: 'optim/nonFinite',
          aliases: { U: vector ? 'vec4u' : 'u32' },
          constants: { WG: WORKGROUP, TURNS: PER_THREAD },
          parts: [overflowCode(some.length, vector), optimNonFinite],
        },
        buffers: [this.foundInf.buffer, ...some.map(({ buffer }) => buffer)],
        grid: [x, y, some.length],
      });
    }
  }
}

/**
 * Declares the tensors from binding 1 on, and `fn overflows(slot : u32, first : u32) -> bool`, which checks TURNS
 * elements of one tensor, WG apart.
 */
function overflowCode(count: number, vector: boolean): string {
  const slots = Array.from({ length: count }, (_, k) => k);
  const special = (at: string) => `(${at} & U(0x7f800000u)) == U(0x7f800000u)`;
  const test = (at: string) => (vector ? `any(${special(at)})` : special(at));
  const look = (x: string) => [
    `      let length = arrayLength(&${x});`,
    '      if (first >= length) { return false; }',
    // Past the end the last element is checked again. `|` issues all loads at once, where `||` would wait for each.
    `      for (var k = 0u; k < TURNS; k++) { overflow = overflow | (${test(`${x}[min(first + k * WG, length - 1u)]`)}); }`,
  ];
  return [
    ...slots.map((k) => `@group(0) @binding(${k + 1}) var<storage, read> x${k} : array<U>;`),
    'fn overflows(slot : u32, first : u32) -> bool {',
    '  var overflow = false;',
    '  switch (slot) {',
    ...slots.flatMap((k) => [`    case ${k}u: {`, ...look(`x${k}`), '    }']),
    '    default: {}',
    '  }',
    '  return overflow;',
    '}',
  ].join('\n');
}
