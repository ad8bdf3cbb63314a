/** @file Modules: state names, layouts of PyTorch files, weight files and their errors, initial values. */
import {
  Adam,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  ConvTranspose2d,
  ExponentialMovingAverage,
  type Layer,
  Linear,
  loadModule,
  Module,
  ModuleList,
  normal,
  PReLU,
  philox,
  readSafetensors,
  Sequential,
  Sgd,
  saveModule,
  seeded,
  writeSafetensors,
  xavierNormal,
} from '@visage/nn';
import { grad, noGrad, record, relu, sum, type Tensor, tensor } from '@visage/tensor';
import { equal, is, ok, throws } from 'uvu/assert';
import { relativeError } from '../helpers/goldens.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { hostRandom } from '../helpers/random.ts';

const { test, gpu } = await gpuSuite('modules');

/** The skeleton of SimSwap's generator, as far as names and shapes go: stem, one downsampling, one ID block, head. */
class Style extends Module {
  constructor(latent: number, channels: number) {
    super();
    this.child('linear', new Linear(latent, 2 * channels));
  }
}

class Block extends Module {
  constructor(channels: number, latent: number) {
    super();
    const convolution = () => new Sequential(relu, new Conv2d(channels, channels, 3), relu);
    this.child('conv1', convolution());
    this.child('style1', new Style(latent, channels));
    this.child('conv2', convolution());
    this.child('style2', new Style(latent, channels));
  }
}

class Skeleton extends Module {
  readonly stem: Layer;

  constructor([narrow, wide]: readonly [number, number], latent: number) {
    super();
    this.stem = this.child(
      'first_layer',
      new Sequential(relu, new Conv2d(3, narrow, 7), new BatchNorm2d(narrow), relu),
    );
    this.child('down1', new Sequential(new Conv2d(narrow, wide, 3, { stride: 2, padding: 1 }), new BatchNorm2d(wide)));
    this.child('BottleNeck', new ModuleList([new Block(wide, latent), new Block(wide, latent)]));
    this.child('last_layer', new Sequential(relu, new Conv2d(narrow, 3, 7)));
  }
}

const describe = { architecture: 'skeleton', config: { latent: 6 } };
const make = (seed = 1) => seeded(seed, () => new Skeleton([4, 8], 6));

test('names, order and file shapes are those of the published checkpoint', async () => {
  const file = readSafetensors(
    await saveModule(
      seeded(1, () => new Skeleton([64, 128], 512)),
      describe,
    ),
  );
  const norm = (path: string, c: number) =>
    ['weight', 'bias', 'running_mean', 'running_var'].map((name) => `${path}.${name} ${c}`);
  const block = (k: number) => [
    `BottleNeck.${k}.conv1.1.weight 128,128,3,3`,
    `BottleNeck.${k}.conv1.1.bias 128`,
    `BottleNeck.${k}.style1.linear.weight 256,512`,
    `BottleNeck.${k}.style1.linear.bias 256`,
    `BottleNeck.${k}.conv2.1.weight 128,128,3,3`,
    `BottleNeck.${k}.conv2.1.bias 128`,
    `BottleNeck.${k}.style2.linear.weight 256,512`,
    `BottleNeck.${k}.style2.linear.bias 256`,
  ];
  const expected = [
    'first_layer.1.weight 64,3,7,7',
    'first_layer.1.bias 64',
    ...norm('first_layer.2', 64),
    'down1.0.weight 128,64,3,3',
    'down1.0.bias 128',
    ...norm('down1.1', 128),
    ...block(0),
    ...block(1),
    'last_layer.1.weight 3,64,7,7',
    'last_layer.1.bias 3',
  ];
  equal(
    [...file.tensors.values()].map(({ name, shape }) => `${name} ${shape}`),
    expected,
  );
});

test('elements lie where PyTorch has them', async () => {
  const layers = () =>
    new Sequential(
      new Conv2d(4, 6, 3, { groups: 2 }),
      new ConvTranspose2d(2, 3, 4),
      new Linear(3, 5),
      new Linear(12, 2, { flattened: [3, 2, 2] }),
      new PReLU(3),
      new BatchNorm1d(2),
      new Linear(2, 12, { unflattened: [3, 2, 2] }),
    );
  const net = layers();
  const file = readSafetensors(await saveModule(net, describe));
  const state = net.stateDict();
  const pick = (shape: readonly number[], at: readonly number[]) =>
    at.reduce((index, k, axis) => index * (shape[axis] as number) + k, 0);
  const same = async (name: string, inFile: readonly number[], here: readonly number[]) => {
    const [entry, own] = [file.tensors.get(name)!, state.get(name)!];
    is(entry.floats()[pick(entry.shape, inFile)], (await own.floats())[pick(own.shape, here)], `${name} [${inFile}]`);
  };
  equal(file.tensors.get('0.weight')!.shape, [6, 2, 3, 3]);
  await same('0.weight', [5, 1, 2, 0], [2, 0, 1, 5]);
  await same('0.weight', [3, 0, 1, 2], [1, 2, 0, 3]);
  equal(file.tensors.get('1.weight')!.shape, [2, 3, 4, 4]);
  await same('1.weight', [1, 2, 0, 3], [0, 3, 2, 1]);
  equal(file.tensors.get('2.weight')!.shape, [5, 3]);
  await same('2.weight', [4, 1], [1, 4]);
  equal(file.tensors.get('3.weight')!.shape, [2, 12]);
  // Channel 2, row 0, column 1 is element 2·4 + 0·2 + 1 of a flattened CHW map and 0·6 + 1·3 + 2 of a flattened HWC
  // map.
  await same('3.weight', [1, 9], [5, 1]);
  equal(file.tensors.get('6.weight')!.shape, [12, 2]);
  await same('6.weight', [9, 1], [1, 5]);
  await same('6.bias', [9], [5]);
  const restored = layers();
  loadModule(restored, file);
  for (const [name, own] of restored.stateDict()) equal(await own.floats(), await state.get(name)!.floats(), name);
});

test('weights survive in f32, and in f16 to half precision', async () => {
  const net = make();
  const values = hostRandom(4).normals(8, 30, 70000);
  net.stateDict().get('down1.1.running_var')!.write(values);
  for (const storage of ['f32', 'f16'] as const) {
    const bytes = await saveModule(net, { ...describe, storage });
    const other = make(2);
    loadModule(other, bytes, { architecture: 'skeleton' });
    for (const [name, tensor] of other.stateDict()) {
      const error = relativeError(await tensor.floats(), await net.stateDict().get(name)!.floats());
      ok(error <= (storage === 'f16' ? 5e-4 : 0), `${name}: ${error} in ${storage}`);
    }
    equal(await other.stateDict().get('down1.1.running_var')!.floats(), values);
  }
});

test('a weight file that does not fit is refused, and nothing is written', async () => {
  const net = make();
  const before = await net.stateDict().get('first_layer.1.weight')!.floats();
  const file = readSafetensors(await saveModule(make(2), describe), 'face.safetensors');
  const changed = (
    change: (tensors: Map<string, { shape: readonly number[]; values: Float32Array }>) => void,
    metadata = {},
  ) => {
    const tensors = new Map([...file.tensors].map(([name, t]) => [name, { shape: t.shape, values: t.floats() }]));
    change(tensors);
    return readSafetensors(writeSafetensors(tensors, metadata), 'face.safetensors');
  };
  throws(
    () => loadModule(net, file, { architecture: 'arcface' }),
    /^face.safetensors: holds a network of architecture 'skeleton', expected 'arcface'$/,
  );
  const narrower = readSafetensors(
    await saveModule(
      seeded(1, () => new Skeleton([4, 4], 6)),
      describe,
    ),
    'face.safetensors',
  );
  throws(
    () => loadModule(net, narrower, { architecture: 'skeleton' }),
    /misshapen down1.0.weight \[4, 4, 3, 3\] instead of \[8, 4, 3, 3\].* and \d+ more.*'skeleton' with configuration \{"latent":6\}$/,
  );
  const missing = changed((tensors) => tensors.delete('last_layer.1.bias'));
  throws(
    () => loadModule(net, missing),
    /missing last_layer.1.bias. The file names no architecture; it has 29 entries/,
  );
  const extra = changed((tensors) => tensors.set('up0.1.weight', { shape: [1], values: Float32Array.of(1) }));
  throws(() => loadModule(net, extra), /unexpected up0.1.weight/);
  equal(await net.stateDict().get('first_layer.1.weight')!.floats(), before);
  loadModule(net, extra, { unexpected: 'ignore' });
  const counted = changed((tensors) =>
    tensors.set('down1.1.num_batches_tracked', { shape: [], values: Float32Array.of(9) }),
  );
  loadModule(net, counted);
  equal(
    await net.stateDict().get('first_layer.1.weight')!.floats(),
    await make(2).stateDict().get('first_layer.1.weight')!.floats(),
  );
});

test('modes and freezing reach every layer', async () => {
  const net = new Sequential(new Linear(4, 3), relu, new BatchNorm1d(3));
  const x = tensor(hostRandom(1).normals(20), [5, 4], { requiresGrad: true });
  net.eval();
  is([net.training, (net.steps[2] as Layer).training].join(), 'false,false');
  const mean = net.stateDict().get('2.running_mean')!;
  net.forward(x);
  equal(await mean.floats(), new Float32Array(3));
  net.train().forward(x);
  ok((await mean.floats()).some((value) => value !== 0));
  net.freeze();
  const [toInput] = grad(sum(net.eval().forward(x).square()), [x]);
  ok((await toInput!.floats()).some((value) => value !== 0));
  throws(() => grad(sum(net.forward(x)), net.parameters()), /does not influence/);
  net.freeze(false);
  is(grad(sum(net.forward(x)), net.parameters()).length, 4);
  is(net.parameterCount, 4 * 3 + 3 + 6);
});

test('a doubled name is refused', () => {
  class Twice extends Module {
    constructor() {
      super();
      this.child('a', new PReLU());
      this.child('a', new PReLU());
    }
  }
  throws(() => new Twice(), /Twice: the name 'a' is taken/);
  throws(() => new Conv2d(3, 4, 3, { groups: 2 }), /Conv2d: groups is 2, expected a divisor of 3 and 4/);
});

test('disposing gives all memory back', () => {
  const live = gpu.memory.live;
  const net = make();
  ok(gpu.memory.live > live);
  net.dispose();
  is(gpu.memory.live, live);
});

test('Philox gives the published answers', () => {
  // Known answers of Random123's 4×32 with 10 rounds: zeros, ones, digits of π.
  const answer = (counter: number[], key: number[]) => {
    const out = new Uint32Array(4);
    philox(counter, key, out);
    return [...out].map((word) => word.toString(16).padStart(8, '0')).join(' ');
  };
  const ones = 0xffffffff;
  is(answer([0, 0, 0, 0], [0, 0]), '6627e8d5 e169c58d bc57ac4c 9b00dbd8');
  is(answer([ones, ones, ones, ones], [ones, ones]), '408f276d 41c83b0e a20bc7c6 6d5451fd');
  const digits = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
  is(answer(digits, [0xa4093822, 0x299f31d0]), 'd16cfe09 94fdcceb 5001e420 24126ea1');
});

test('initial values: same seed same bits, and the spread of PyTorch', async () => {
  const values = async (x: Tensor) => x.floats();
  const weight = (seed: number) => seeded(seed, () => new Conv2d(16, 32, 3)).weight;
  equal(await values(weight(5)), await values(weight(5)));
  ok(relativeError(await values(weight(5)), await values(weight(6))) > 0.5);
  const moments = (x: Float32Array) => {
    const mean = x.reduce((a, b) => a + b, 0) / x.length;
    return [
      mean,
      Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length),
      Math.max(...x),
      Math.min(...x),
    ] as const;
  };
  const bound = 1 / Math.sqrt(9 * 16);
  const [mean, std, high, low] = moments(await values(weight(5)));
  ok(Math.abs(mean) < 0.05 * bound && Math.abs(std / (bound / Math.sqrt(3)) - 1) < 0.05);
  ok(high < bound && high > 0.98 * bound && low >= -bound && low < -0.98 * bound);
  const bell = moments(await values(seeded(1, () => normal([10001], 3, 0.5))));
  ok(Math.abs(bell[0] - 3) < 0.02 && Math.abs(bell[1] - 0.5) < 0.02);
  const glorot = moments(await values(seeded(1, () => xavierNormal([100, 100], 60, 140))));
  ok(Math.abs(glorot[1] - 0.1) < 0.005);
});

test('a small network learns', async () => {
  const net = seeded(3, () => new Sequential(new Linear(2, 16), relu, new Linear(16, 1)));
  const x = tensor([0, 0, 0, 1, 1, 0, 1, 1], [4, 2]);
  const y = tensor([0, 1, 1, 0], [4, 1]);
  const optimizer = new Adam(net.namedParameters(), { learningRate: 0.02 });
  const loss = () => net.forward(x).sub(y).square().mean();
  for (let step = 0; step < 150; step++) optimizer.step(grad(loss(), optimizer.parameters));
  const left = await noGrad(loss).item();
  ok(left < 0.01, `loss ${left}`);
});

test('a weight that layers share is one parameter, and has each of its names in files', async () => {
  const make = () => {
    const layer = new Linear(2, 2, { bias: false });
    return new Sequential(layer, layer);
  };
  const [network, copy] = [make(), make()];
  equal([...network.namedParameters().keys()], ['0.weight']);
  is(network.parameterCount, 4);
  loadModule(copy, readSafetensors(await saveModule(network, describe)));
  equal([...copy.stateDict().keys()], ['0.weight', '1.weight']);
  const average = new ExponentialMovingAverage(network, copy, 0);
  const before = await network.parameters()[0]!.floats();
  new Sgd(network.namedParameters(), { learningRate: 0.5 }).step([tensor([1, 2, 3, 4], [2, 2])]);
  average.update();
  const stepped = before.map((value, k) => Math.fround(value - 0.5 * (k + 1)));
  for (const each of [network, copy]) equal(await each.parameters()[0]!.floats(), stepped);
  for (const each of [average, network, copy]) each.dispose();
});

test('inference freezes all parts for a while and leaves each as it was, also after an error', () => {
  const network = make();
  network.stem.freeze().eval();
  const seen = () => [...network.stateDict().values()].map(({ requiresGrad, buffer }) => [requiresGrad, buffer.frozen]);
  const [before, modes] = [seen(), [network.training, network.stem.training]];
  network.inference(() => {
    equal([network.training, network.stem.training], [false, false]);
    ok(seen().every(([requiresGrad, frozen]) => !requiresGrad && frozen));
  });
  const failing = () => {
    throw new Error('inside');
  };
  throws(() => network.inference(failing), /inside/);
  throws(() => network.inference(async () => {}), /async/);
  equal(seen(), before);
  equal([network.training, network.stem.training], modes);
  network.dispose();
});

test('a frozen convolution takes in the batch norm and the ReLU behind it, and its values when they change', async () => {
  const network = new Sequential(new Conv2d(3, 8, 3, { padding: 1 }), new BatchNorm2d(8), relu);
  const random = hostRandom(4);
  const shake = () => {
    for (const x of network.stateDict().values()) x.write(random.normals(x.size).map((v) => Math.abs(v) + 0.1));
  };
  const x = tensor(random.normals(2 * 5 * 6 * 3), [2, 5, 6, 3]);
  network.eval();
  const step = record(() => noGrad(() => network.freeze().forward(x)));
  is(step.dispatches, 1);
  for (let k = 0; k < 2; k++) {
    shake();
    const apart = noGrad(() => network.freeze(false).forward(x));
    const joined = noGrad(() => network.freeze().forward(x));
    ok(relativeError(await joined.floats(), await apart.floats()) < 1e-5);
    equal([...(await step.run().floats())], [...(await joined.floats())], 'replayed');
    for (const y of [apart, joined]) y.dispose();
  }
  step.dispose();
  network.dispose();
  x.dispose();
});

test.run();
