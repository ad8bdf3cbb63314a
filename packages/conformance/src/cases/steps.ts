/**
 * @file Training steps that each start from stored weights and moments, so that rounding errors do not accumulate over
 * steps. test/golden/make_steps.py documents how they are made.
 */
import { Adam, ExponentialMovingAverage, fromFileOrder, type Layout, type Module } from '@visage/nn';
import { joined, lossNames, trainingStep } from '@visage/simswap';
import { assign, concat, noGrad, scope, slice, sub, type Tensor, tensor } from '@visage/tensor';
import type { CaseTensors, GoldenTensor } from '../golden/golden.ts';
import { hashed } from '../golden/hashed.ts';
import { fromTorch } from '../golden/layout.ts';
import type { Preparer } from '../golden/prepared.ts';
import { loadGolden } from './networks.ts';
import { networksOf, recipeOf, type TrainingArgs } from './training.ts';

/** The arguments of a steps case. */
interface StepsArgs extends TrainingArgs {
  readonly batch: number;
  readonly side: number;
  /** Number of steps that Adam had counted before the first step of the case. */
  readonly started: number;
  /** For each step, the number from which the images of its batch are hashed. */
  readonly pairs: readonly number[];
  /** Parameters that change only by rounding errors, as `G.<name>`; their updates are not compared. */
  readonly still: readonly string[];
}

/**
 * A tensor that the steps change, and its stored value before each step: [states, …shape]. A parameter also has its
 * value after the last step.
 */
interface Restored {
  readonly live: Tensor;
  readonly states: Tensor;
  /** The states on the host, in Visage's order of elements. */
  readonly host: readonly Float32Array[];
}

/** A trained network with its optimizer and stored states. */
interface Player {
  readonly optimizer: Adam;
  /** The parameters and moments that are restored before each step. */
  readonly restored: readonly Restored[];
  /** The parameters whose change is compared. */
  readonly moved: readonly Restored[];
  /** The expected changes of these parameters, concatenated step by step. */
  readonly expected: Float32Array;
}

/** A batch with the random numbers of its gradient penalty. */
interface Batch {
  readonly target: Tensor;
  readonly source: Tensor;
  readonly alpha: Tensor;
}

/**
 * Takes each step from its stored state. Compares the losses of the steps, and the change of each network's parameters
 * over all steps as one vector.
 */
export const stepsCase: Preparer = (golden, tensors) => {
  const args = golden.args as unknown as StepsArgs;
  const { G, D, A, average } = networksOf(args);
  loadGolden(A, tensors, tensors.namesUnder('A.'), 'A.');
  const frozen = A.freeze().eval().folded(); // as the trainer does
  const recipe = recipeOf(args);
  const players = [playerOf('G', G.train(), args, tensors), playerOf('D', D.train(), args, tensors)] as const;
  const parts = {
    recipe,
    generator: G,
    discriminator: D,
    identity: frozen,
    average: new ExponentialMovingAverage(G, average, recipe.averageDecay),
    generatorOptimizer: players[0].optimizer,
    discriminatorOptimizer: players[1].optimizer,
  };
  const batches = args.pairs.map((number) => batchOf(args, number));
  const restored = players.flatMap((player) => player.restored);
  const row = (k: number): Tensor[] => {
    for (const each of restored) assign(each.live, stateOf(each, k));
    const { alpha, ...pairs } = batches[k] as Batch;
    const { losses } = trainingStep({ ...parts, alpha }, pairs, (args.started + k) % 2 === 0 ? 'same' : 'cross');
    return [losses, ...players.map(({ moved }) => changeOf(moved, k))];
  };
  return {
    compute: () => {
      const rows = batches.map((_, k) => scope(() => row(k)));
      const output = (at: number) =>
        concat(
          rows.map((each) => each[at] as Tensor),
          0,
        );
      return { outputs: { log: output(0), G: output(1), D: output(2) }, gradients: {} };
    },
    reset: () => {
      for (const { optimizer } of players) optimizer.stateDict().get('step')?.write(Uint32Array.of(args.started));
    },
    inputs: [
      ...restored.flatMap(({ live, states }) => [live, states]),
      ...batches.flatMap((batch) => Object.values(batch)),
      ...[A, frozen, average].flatMap((network) => [...network.stateDict().values()]),
    ],
    expected: {
      outputs: { log: tensors.get('log').data, G: players[0].expected, D: players[1].expected },
      gradients: {},
    },
    columns: lossNames,
  };
};

function playerOf(tag: string, network: Module, args: StepsArgs, tensors: CaseTensors): Player {
  const { learningRate, beta1, beta2, epsilon } = recipeOf(args).generatorOptimizer;
  const optimizer = new Adam(network.namedParameters(), { learningRate, betas: [beta1, beta2], eps: epsilon });
  const [entries, moments] = [network.state(), optimizer.stateDict()];
  const [moved, restored]: [Restored[], Restored[]] = [[], []];
  for (const [name, live] of network.namedParameters()) {
    const layout = entries.get(name)?.layout ?? 'plain';
    const from = (stored: string, live: Tensor) => restoredFrom(tensors.get(`${tag}.${stored}`), live, layout);
    const parameter = from(name, live);
    restored.push(parameter);
    if (!args.still.includes(`${tag}.${name}`)) moved.push(parameter);
    for (const moment of [`${name}.exp_avg`, `${name}.exp_avg_sq`]) {
      // Without momentum (β₁ = 0) the file has no first moment, because no step depends on the previous one.
      if (tensors.has(`${tag}.${moment}`)) restored.push(from(moment, moments.get(moment) as Tensor));
    }
  }
  return { optimizer, restored, moved, expected: expectedChanges(moved, args.pairs.length) };
}

function restoredFrom({ shape: [states = 1], data }: GoldenTensor, live: Tensor, layout: Layout): Restored {
  const host = Array.from({ length: states }, (_, k) =>
    fromFileOrder((data as Float32Array).subarray(k * live.size, (k + 1) * live.size), live.shape, layout),
  );
  return { live, host, states: tensor(joined(host), [states, ...live.shape]) };
}

const stateOf = ({ states, live }: Restored, k: number): Tensor => slice(states, 0, k, k + 1).reshape(live.shape);

/** The change of the parameters in step k, as one vector. */
const changeOf = (moved: readonly Restored[], k: number): Tensor =>
  noGrad(() =>
    concat(
      moved.map((each) => sub(each.live, stateOf(each, k)).reshape([each.live.size])),
      0,
    ),
  );

const expectedChanges = (moved: readonly Restored[], steps: number): Float32Array =>
  joined(
    Array.from({ length: steps }, (_, k) =>
      joined(
        moved.map(({ host }) => (host[k + 1] as Float32Array).map((after, i) => after - (host[k]?.[i] as number))),
      ),
    ),
  );

/** Generates a batch from hashed numbers, like `pairs` in make_steps.py. */
function batchOf({ batch, side }: StepsArgs, number: number): Batch {
  const image = (seed: number): Tensor => {
    const { shape, data } = fromTorch(
      { shape: [batch, 3, side, side], data: hashed(seed, batch * 3 * side ** 2) },
      'image',
    );
    return tensor(data, shape);
  };
  const alpha = tensor(hashed(3 * number + 2, batch), [batch, 1, 1, 1]);
  return { target: image(3 * number), source: image(3 * number + 1), alpha };
}
