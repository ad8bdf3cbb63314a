import type { Module } from '@visage/nn';
import {
  ArcFace,
  Generator,
  type GeneratorConfig,
  type IdentityConfig,
  IResNet,
  PatchDiscriminator,
  publishedGenerator,
} from '@visage/simswap';
import { grad, scope, type Tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import {
  gradientError,
  gradientFloor,
  hashedTensor,
  imageError,
  latents,
  loadCase,
  type NetworkCase,
  readGoldens,
} from './golden.ts';

const { test } = await gpuSuite('simswap networks');
const goldens = readGoldens();
const OUTPUT_TOLERANCE = 1e-4;
const GRADIENT_TOLERANCE = 3e-3;

function build({ config }: NetworkCase): { module: Module; forward: (inputs: readonly Tensor[]) => Tensor[] } {
  if (config.kind === 'generator') {
    const module = new Generator(config as unknown as GeneratorConfig);
    return { module, forward: ([target, latent]) => [module.forward(target!, latent!)] };
  }
  if (config.kind === 'discriminator') {
    const module = new PatchDiscriminator({ width: config.width as number, layers: config.layers as number });
    return {
      module,
      forward: ([images]) => {
        const { features, logits } = module.forward(images!);
        return [...features, logits];
      },
    };
  }
  const identity = config as unknown as IdentityConfig;
  const module = identity.kind === 'arcface' ? new ArcFace(identity) : new IResNet(identity);
  return { module, forward: ([images]) => [module.forward(images!)] };
}

async function check(golden: NetworkCase): Promise<void> {
  const { name } = golden;
  const { module, forward } = build(golden);
  module.train(golden.train);
  loadCase(module, goldens, `${name}/`);
  const inputs = golden.inputs.map((shape) =>
    shape.length === 4 ? hashedTensor(5, shape) : latents(shape[0]!, shape[1]!),
  );
  for (const x of inputs) x.requiresGrad = true;
  const leaves = [...inputs.map((x, k) => [`input${k}`, x] as const), ...module.namedParameters()];
  const stored = leaves.filter(([key]) => goldens.file.tensors.has(`${name}/d_${key}`));
  const { outputs, gradients } = scope(() => {
    const outputs = forward(inputs);
    const upstream = outputs.map((y, k) => hashedTensor(100 + k, y.rank === 4 ? toTorch(y.shape) : y.shape, 0.5));
    const wanted = stored.map(([, x]) => x);
    return { outputs, gradients: wanted.length > 0 ? grad(outputs, wanted, { gradOutputs: upstream }) : [] };
  });
  for (const [k, y] of outputs.entries()) {
    const error = imageError(goldens, `${name}/y${k}`, await y.floats());
    assert.ok(error < OUTPUT_TOLERANCE, `output ${k}: ${error}`);
  }
  const floor = gradientFloor(goldens, name);
  for (const [k, [key]] of stored.entries()) {
    const error = gradientError(goldens, name, module, key, await gradients[k]!.floats(), floor);
    assert.ok(error < GRADIENT_TOLERANCE, `gradient of ${key}: ${error}`);
  }
  for (const x of [...inputs, ...outputs, ...gradients]) x.dispose();
  module.dispose();
}

const toTorch = (shape: readonly number[]) => [0, 3, 1, 2].map((axis) => shape[axis] as number);

for (const golden of goldens.networks) test(`${golden.name} equals PyTorch`, () => check(golden));

test('the gradient of every parameter is stored for the cases that train', () => {
  for (const golden of goldens.networks.filter(({ name }) => goldens.file.tensors.has(`${name}/d_input0`))) {
    const { module } = build(golden);
    for (const key of module.namedParameters().keys()) {
      assert.ok(goldens.file.tensors.has(`${golden.name}/d_${key}`), `${golden.name}: ${key}`);
    }
    module.dispose();
  }
});

test('published state names and shapes', () => {
  const generator = new Generator({ ...publishedGenerator, width: 1 / 16, blocks: 1 });
  const names = [...generator.state().keys()];
  assert.is(names[0], 'first_layer.1.weight');
  assert.ok(names.includes('BottleNeck.0.style2.linear.bias'));
  assert.ok(names.indexOf('up3.1.weight') < names.indexOf('up1.1.weight'));
  assert.is(names.at(-1), 'last_layer.1.bias');
  generator.dispose();
});

test('an image whose side does not divide by the stride is refused with the number to divide by', () => {
  const generator = new Generator({ ...publishedGenerator, width: 1 / 32, blocks: 0, latent: 16 });
  scope(() => assert.throws(() => generator.forward(hashedTensor(1, [1, 3, 20, 20]), latents(1, 16)), /divide by 8/));
  generator.dispose();
});

test.run();
