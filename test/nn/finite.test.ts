/** @file Values that no network can compute with are refused where files become weights, by file, tensor and place. */
import {
  Adam,
  BatchNorm2d,
  type CheckpointGroups,
  Conv2d,
  GradScaler,
  type HostTensor,
  loadModule,
  type Module,
  readPth,
  readSafetensors,
  restoreCheckpoint,
  type SafetensorsFile,
  Sequential,
  saveCheckpoint,
  saveModule,
  seeded,
  writeSafetensors,
} from '@visage/nn';
import type { HostArray, Tensor } from '@visage/tensor';
import { equal, is, throws } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { legacyFile, op, tensorOf } from './pickles.ts';

const { test } = await gpuSuite('finite weights');

const layers = () => seeded(1, () => new Sequential(new Conv2d(2, 3, 3), new BatchNorm2d(3)));
const description = { architecture: 'x', config: {} };

/** A file with one tensor of another element type than this library writes. */
function typedFile(dtype: string, shape: readonly number[], values: ArrayBufferView): Uint8Array {
  const header = { w: { dtype, shape, data_offsets: [0, values.byteLength] } };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setUint32(0, json.length, true);
  return Buffer.concat([length, json, Buffer.from(values.buffer, values.byteOffset, values.byteLength)]);
}

/** The same file with one value changed. */
function changed(bytes: Uint8Array, name: string, index: number, value: number): SafetensorsFile {
  const { tensors, metadata } = readSafetensors(bytes);
  const host = new Map<string, HostTensor>();
  for (const [key, tensor] of tensors) {
    const values: HostArray = tensor.host();
    if (key === name) values[index] = value;
    host.set(key, { shape: tensor.shape, values });
  }
  return readSafetensors(writeSafetensors(host, metadata), 'x.safetensors');
}

test('every float type is looked at, and nothing is taken for a fault that is none', () => {
  const wrong: [string, readonly number[], ArrayBufferView, RegExp][] = [
    ['F32', [2, 2], Float32Array.of(0, 1, Number.NaN, 3), /x: entry "w" is NaN at \[1, 0\]; a network cannot/],
    ['F32', [], Float32Array.of(Number.NEGATIVE_INFINITY), /entry "w" is -Infinity; a network/],
    ['F16', [1, 3], Uint16Array.of(0x7bff, 0xfc00, 0x7e00), /entry "w" is -Infinity at \[0, 1\]/],
    ['BF16', [2], Uint16Array.of(0x3f80, 0x7fc0), /entry "w" is NaN at \[1\]/],
    ['F64', [2], Float64Array.of(1, 1e39), /entry "w" is 1e\+39 at \[1\]; float32 ends at 3\.4e38/],
    ['F64', [1], Float64Array.of(Number.NaN), /entry "w" is NaN at \[0\]; a network/],
  ];
  for (const [dtype, shape, values, says] of wrong)
    throws(
      () =>
        readSafetensors(typedFile(dtype, shape, values), 'x')
          .tensors.get('w')!
          .weights(),
      says,
    );
  const fine: [string, ArrayBufferView][] = [
    ['F32', Float32Array.of(-3.4028234663852886e38, 1e-45)],
    ['F16', Uint16Array.of(0x7bff, 0xfbff)],
    ['I64', BigInt64Array.of(-1n, 0n)],
    ['I32', Int32Array.of(0x7fc00000, -1)], // NaN as a float
  ];
  for (const [dtype, values] of fine)
    readSafetensors(typedFile(dtype, [2], values))
      .tensors.get('w')!
      .weights();
});

test("PyTorch's files are held to the same", async () => {
  const halves = legacyFile([...op.emptyDict, ...op.text('w'), ...tensorOf({ type: 'HalfStorage' }), ...op.setItem], {
    bytes: 8,
  });
  halves.set([0x00, 0x7c], halves.length - 2);
  const { tensors } = await readPth(halves, 'x.pth');
  throws(() => tensors.get('w')!.weights(), /^x\.pth: entry "w" is Infinity at \[3\]/);
});

test('loadModule refuses NaN, infinity and a negative variance, and writes nothing then', async () => {
  const module = layers();
  const bytes = await saveModule(module, description);
  const target: Module = layers();
  const before = await target.parameters()[0]!.floats();
  const load = (name: string, index: number, value: number) => () =>
    loadModule(target, changed(bytes, name, index, value));
  throws(load('0.weight', 20, Number.NaN), /^x\.safetensors: entry "0\.weight" is NaN at \[1, 0, 0, 2\]; a network/);
  throws(load('1.bias', 2, Number.POSITIVE_INFINITY), /entry "1\.bias" is Infinity at \[2\]/);
  throws(load('1.running_var', 1, -1), /entry "1\.running_var" is -1 at \[1\]; a variance is never below zero/);
  load('1.running_mean', 1, -1)();
  load('1.running_var', 1, -0)();
  equal(await target.parameters()[0]!.floats(), before);
});

test('a checkpoint is held to it in networks, moments and loss scales', async () => {
  const module = layers();
  const [adam, scaler] = [new Adam(module.namedParameters()), new GradScaler()];
  const groups: CheckpointGroups = {
    generator: module,
    generatorOptimizer: adam.stateDict(),
    generatorScaler: scaler.stateDict(),
  };
  const bytes = await saveCheckpoint(groups, { ...description, state: {} });
  const restore = (name: string, value: number) => () => restoreCheckpoint(groups, changed(bytes, name, 0, value));
  restore('generatorOptimizer/0.bias.exp_avg', -1)();
  throws(restore('generatorOptimizer/0.bias.exp_avg', Number.NaN), /exp_avg" is NaN at \[0\]/);
  throws(restore('generatorOptimizer/0.bias.exp_avg_sq', -1e-9), /is -9\.9\S+ at \[0\]; a mean of squares is never/);
  throws(restore('generator/1.running_var', -2), /"generator\/1\.running_var" is -2 at \[0\]/);
  for (const scale of [0, -1, Number.POSITIVE_INFINITY])
    throws(restore('generatorScaler/scale', scale), /"generatorScaler\/scale" is (0|-1|Infinity) at \[0\]/);
});

test('a network is not stored in halves that become infinite', async () => {
  const stored = async (name: string, value: number): Promise<string> => {
    const module = layers();
    const tensor = module.stateDict().get(name) as Tensor;
    tensor.write((await tensor.floats()).fill(value, 1, 2));
    try {
      await saveModule(module, { ...description, storage: 'f16' });
      return 'no error';
    } catch (error) {
      return (error as Error).message;
    }
  };
  is(await stored('1.weight', 65519), 'no error'); // rounds to 65504
  is(await stored('1.running_var', 70000), 'no error'); // buffers keep float32
  is(
    await stored('1.weight', -65520),
    'saveModule: 1.weight is -65520 at [1], and float16 ends at 65504; store the network in float32',
  );
  is(
    await stored('1.running_var', Number.POSITIVE_INFINITY),
    'saveModule: 1.running_var is Infinity at [1]; a network cannot compute with it',
  );
});

test.run();
