import { fromFileOrder, SpectralConv2d } from '@visage/nn';
import { assign, copy, grad, noGrad, type Tensor } from '@visage/tensor';
import type { CaseTensors, GoldenCase } from '../golden/golden.ts';
import { fromTorch } from '../golden/layout.ts';
import type { Preparer } from '../golden/prepared.ts';
import { loadGolden } from './networks.ts';
import { upload } from './opCase.ts';

const STEPS = 5;
const AFTER = 'after_';

/**
 * Takes steps of gradient descent on a spectrally normalised convolution under a fixed upstream gradient. Compares the
 * output of each step, then the parameters and singular vectors, and then the output in evaluation mode.
 */
export const spectralNormCase: Preparer = (golden: GoldenCase, tensors: CaseTensors) => {
  const { rate, kernel, stride, padding } = golden.args as Readonly<Record<string, number>>;
  const [inChannels, outChannels] = [tensors.get('x').shape[1], tensors.get('g').shape[1]] as [number, number];
  const layer = new SpectralConv2d(inChannels, outChannels, kernel as number, { stride, padding });
  const [x, g] = [upload(tensors.get('x'), 'image'), upload(tensors.get('g'), 'image')];
  const load = () => loadGolden(layer, tensors, golden.param);
  load();
  const step = (): Tensor => {
    const y = layer.forward(x);
    const trained = [...layer.trainedParameters().values()];
    const gradients = grad(y, trained, { gradOutputs: [g] });
    noGrad(() => {
      for (const [k, parameter] of trained.entries())
        assign(parameter, parameter.sub((gradients[k] as Tensor).mul(rate as number)));
    });
    return y;
  };
  const state = layer.state();
  const expected = (name: string): ArrayLike<number> => {
    const entry = state.get(name.replace(AFTER, ''));
    const stored = tensors.get(name);
    if (!entry) return fromTorch(stored, 'image').data;
    return fromFileOrder(stored.data as Float32Array, entry.tensor.shape, entry.layout);
  };
  return {
    compute: () => {
      layer.train();
      const outputs = Array.from({ length: STEPS }, (_, k) => [`y${k}`, step()] as const);
      layer.eval();
      // These are copies, because the layer's own tensors are the inputs of the replay.
      const after = [...layer.stateDict()].map(([name, tensor]) => [AFTER + name, copy(tensor)]);
      return {
        outputs: { ...Object.fromEntries(outputs), ...Object.fromEntries(after), y_eval: layer.forward(x) },
        gradients: {},
      };
    },
    reset: load,
    inputs: [x, g, ...layer.stateDict().values()],
    expected: { outputs: Object.fromEntries(golden.out.map((name) => [name, expected(name)])), gradients: {} },
  };
};
