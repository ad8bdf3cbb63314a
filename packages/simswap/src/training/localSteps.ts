import type { RecordedStep } from '@visage/gpu';
import { copyInto } from '@visage/nn';
import { record, type Tensor } from '@visage/tensor';
import type { ExchangePlan, GradientExchange } from './exchange.ts';
import type { TrainingState } from './trainingState.ts';

/**
 * Steps that every device takes by itself, with the mean of all in between: local SGD (Stich 2019; for adversarial
 * networks FedGAN, Rasouli et al. 2020).
 *
 * Every so many steps parameters, moments, running statistics and moving average become their means over the devices,
 * loss scales become the least, and counters those of rank 0. It is another algorithm than the exact exchange, for
 * networks that are too slow for that.
 */
export class LocalSteps {
  readonly #exchange: GradientExchange;
  readonly #plan: ExchangePlan;
  readonly #apply: RecordedStep<void>;
  /** Single numbers: loss scales and counters. */
  readonly #numbers: readonly Tensor[];

  constructor(exchange: GradientExchange, state: TrainingState) {
    this.#exchange = exchange;
    const { generator, discriminator, average, generatorOptimizer, discriminatorOptimizer, mixed } = state;
    const trained = [generator, discriminator].flatMap((network) => [...network.trainedParameters().values()]);
    const followed = average.average.parameters();
    const buffers = [generator, discriminator, average.average].flatMap((network) => [
      ...network.namedBuffers().values(),
    ]);
    const optimizers = [generatorOptimizer, discriminatorOptimizer].flatMap((each) => [...each.stateDict().values()]);
    const all = [...trained, ...followed, ...buffers, ...optimizers];
    const floats = all.filter(({ dtype }) => dtype === 'f32');
    const scalers = mixed ? [mixed.generatorScaler, mixed.discriminatorScaler] : [];
    this.#numbers = [
      ...all.filter(({ dtype }) => dtype !== 'f32'),
      ...scalers.flatMap((scaler) => [...scaler.stateDict().values()]),
    ];
    this.#plan = exchange.plan({ gradients: [], half: false, exact: floats });
    this.#apply = record(() => copyInto(floats, this.#plan.exact));
  }

  /** Replaces the state of every device by the mean of all. */
  async average(): Promise<void> {
    await this.#plan.run();
    this.#apply.run();
    const own = await Promise.all(this.#numbers.map(async (x) => [...(await x.data())]));
    const all = await this.#exchange.gather(own);
    for (const [k, x] of this.#numbers.entries()) {
      const values = all.map((each) => each[k] as number[]);
      const [first] = values as [number[]];
      if (x.dtype === 'f32') x.write(Float32Array.of(Math.min(...values.flat())));
      else x.write(Uint32Array.from(first));
    }
  }

  /** Rows of losses, the means of those of all devices. All of them must ask. */
  async meanRows(own: readonly Float32Array[]): Promise<Float32Array[]> {
    const all = await this.#exchange.gather(own.map((row) => [...row]));
    // JSON has no NaN: null stands for it.
    const at = (rows: readonly number[][], k: number, column: number) => rows[k]?.[column] ?? Number.NaN;
    return own.map((row, k) =>
      row.map((_, column) => all.reduce((sum, rows) => sum + at(rows, k, column), 0) / all.length),
    );
  }

  dispose(): void {
    this.#apply.dispose();
    this.#plan.dispose();
  }
}
