import type { RecordedStep } from '@visage/gpu';
import { assign, noGrad, record, type Tensor } from '@visage/tensor';
import type { ExchangePlan, GradientExchange } from './exchange.ts';
import type { Phase, PhaseGradients, PhaseResult } from './step.ts';

/** What an {@link ExchangedPhase} is made of. */
export interface ExchangedPhaseParts {
  /** Whether gradients travel in f16, as is right for those of a scaled loss. */
  readonly half: boolean;
  /** Running statistics of the networks. */
  readonly buffers: readonly Tensor[];
  compute(): ReturnType<Phase['compute']>;
  /** Updates the networks by the mean gradients, and files the mean losses. */
  apply(losses: Tensor, gradients: PhaseGradients): void;
}

/**
 * A phase that several devices take together: two recorded halves with the exchange of gradients between them.
 *
 * The updates see the means alone, and these have the same bits on every device. So the devices skip the same steps
 * when a gradient overflowed, move the same loss scales and stay replicas of one another. The losses are means too, and
 * so are the running statistics of batch norms, which thereby have seen the pictures of all devices.
 */
export class ExchangedPhase {
  readonly #compute: RecordedStep<ReturnType<Phase['compute']>>;
  readonly #plan: ExchangePlan;
  readonly #apply: RecordedStep<void>;

  constructor(exchange: GradientExchange, { half, buffers, compute, apply }: ExchangedPhaseParts) {
    this.#compute = record(compute);
    const { losses, gradients } = this.#compute.result;
    const { generator = [], discriminator = [] } = gradients;
    const moved = buffers.filter(({ dtype, buffer }) => dtype === 'f32' && this.#compute.completeAfter(buffer) > 0);
    this.#plan = exchange.plan({
      step: this.#compute,
      gradients: [...discriminator, ...generator],
      half,
      exact: [losses, ...moved],
    });
    const means = this.#plan.gradients;
    const of = (own: readonly Tensor[] | undefined, from: number) => own && means.slice(from, from + own.length);
    const averaged = {
      discriminator: of(gradients.discriminator, 0),
      generator: of(gradients.generator, discriminator.length),
    };
    this.#apply = record(() => {
      const [meanLosses, ...statistics] = this.#plan.exact as [Tensor, ...Tensor[]];
      noGrad(() => {
        for (const [k, buffer] of moved.entries()) assign(buffer, statistics[k] as Tensor);
      });
      apply(meanLosses, averaged);
    });
  }

  /** The recorded halves. */
  get steps(): readonly RecordedStep<unknown>[] {
    return [this.#compute, this.#apply];
  }

  /** Compiles the kernels of both halves. */
  async ready(): Promise<void> {
    await this.#compute.ready();
    await this.#apply.ready();
  }

  /** Runs the phase. Its updates have been issued when this resolves. */
  async run(): Promise<PhaseResult> {
    await this.#plan.run();
    this.#apply.run();
    return this.#compute.result;
  }

  dispose(): void {
    this.#apply.dispose();
    this.#plan.dispose();
    this.#compute.dispose();
  }
}
