import { fromFileOrder, loadModule, type Module, writeSafetensors } from '@visage/nn';
import { ArcFace, Generator, IResNet, PatchDiscriminator, publishedGenerator } from '@visage/simswap';
import type { Tensor } from '@visage/tensor';
import type { CaseTensors, GoldenCase } from '../golden/golden.ts';
import { fromTorch } from '../golden/layout.ts';
import type { Preparer } from '../golden/prepared.ts';
import { BASELINE_NETWORKS } from './baselines.ts';
import { differentiate, type Named, upload } from './opCase.ts';
import { PROJECTED_NETWORKS } from './projected.ts';

/** The arguments of the network cases; each network reads only its own. */
interface NetworkArgs {
  readonly train: boolean;
  readonly width: number;
  readonly blocks: number;
  readonly latent: number;
  readonly deep: boolean;
  readonly head: 'tanh' | 'linear';
  readonly halfWidthStem?: boolean;
  readonly layers: readonly [number, number, number, number];
  readonly se: boolean;
  readonly embedding: number;
  readonly inputSize?: number;
}

interface BuiltNetwork {
  readonly module: Module;
  readonly forward: (inputs: Named) => Tensor | Named;
}

type Builder = (args: NetworkArgs) => BuiltNetwork;

const NETWORKS: Readonly<Record<string, Builder>> = {
  generator: ({ width, blocks, latent, deep, head, halfWidthStem = false }) => {
    const module = new Generator({ ...publishedGenerator, width, blocks, latent, deep, head, halfWidthStem });
    return { module, forward: ({ x, z }) => module.forward(x as Tensor, z as Tensor) };
  },
  patchDiscriminator: ({ width }) => {
    const module = new PatchDiscriminator({ width, layers: 4 });
    return {
      module,
      forward: ({ x }) => {
        const { features, logits } = module.forward(x as Tensor);
        return { ...Object.fromEntries(features.map((map, k) => [`f${k}`, map])), logits };
      },
    };
  },
  arcface: ({ width, layers, se, embedding, inputSize = 112 }) => {
    const module = new ArcFace({ kind: 'arcface', layers, width, embedding, inputSize, squeeze: se });
    return { module, forward: ({ x }) => module.forward(x as Tensor) };
  },
  iresnet: ({ width, layers, embedding, inputSize = 112 }) => {
    const module = new IResNet({ kind: 'iresnet', layers, width, embedding, inputSize, squeeze: false });
    return { module, forward: ({ x }) => module.forward(x as Tensor) };
  },
};

/** All networks; each family reads only the arguments of its own cases. */
const ALL_NETWORKS = { ...NETWORKS, ...BASELINE_NETWORKS, ...PROJECTED_NETWORKS } as Readonly<
  Record<string, (args: never) => BuiltNetwork>
>;

/**
 * Loads the parameters and buffers of a case into a module; the file stores them under `prefix` and PyTorch's names.
 */
export function loadGolden(module: Module, tensors: CaseTensors, names: readonly string[], prefix = ''): void {
  const stored = names.map((name) => {
    const { shape, data } = tensors.get(prefix + name);
    return [name, { shape, values: data }] as const;
  });
  loadModule(module, writeSafetensors(new Map(stored)));
}

const networkCase =
  (build: (args: never) => BuiltNetwork): Preparer =>
  (golden: GoldenCase, tensors: CaseTensors) => {
    const { module, forward } = build(golden.args as never);
    module.train(golden.args.train === true);
    const load = () => loadGolden(module, tensors, golden.param);
    load();
    const uploadAll = (names: readonly string[], prefix = '') =>
      names.map((name) => [name, upload(tensors.get(prefix + name), 'image', golden.grad.includes(name))] as const);
    const inputs = uploadAll(golden.in);
    const flowing = golden.out.filter((name) => tensors.has(`g_${name}`));
    const upstream = uploadAll(flowing, 'g_');
    const leaves = { ...Object.fromEntries(module.stateDict()), ...Object.fromEntries(inputs) };
    const state = module.state();
    const expectedGradient = (name: string): ArrayLike<number> => {
      const gradient = tensors.get(`d_${name}`);
      const entry = state.get(name);
      if (!entry) return fromTorch(gradient, 'image').data;
      return fromFileOrder(gradient.data as Float32Array, entry.tensor.shape, entry.layout);
    };
    return {
      compute: () => differentiate(golden, forward(Object.fromEntries(inputs)), leaves, new Map(upstream)),
      reset: load, // in training mode the forward pass updates the running statistics
      inputs: [...inputs, ...upstream].map(([, x]) => x).concat([...module.stateDict().values()]),
      expected: {
        outputs: Object.fromEntries(golden.out.map((name) => [name, fromTorch(tensors.get(name), 'image').data])),
        gradients: Object.fromEntries(golden.grad.map((name) => [name, expectedGradient(name)])),
      },
    };
  };

/** For each network name in golden files, the preparation of its cases. */
export const NETWORK_CASES: readonly (readonly [string, Preparer])[] = Object.entries(ALL_NETWORKS).map(
  ([name, build]) => [name, networkCase(build)],
);
