/**
 * @file What lies beside a network in PyTorch's checkpoints is passed over and listed; and no tensor takes more than
 * its file explains.
 */
import { deflateRawSync } from 'node:zlib';
import { FileError, readPth, type WeightFile } from '@visage/nn';
import { suite } from 'uvu';
import { equal, instance, is, match, ok, throws } from 'uvu/assert';
import { archive, legacyFile, op, tensorOf, tuple } from './pickles.ts';

const test = suite('beside a network');

type Code = readonly number[];
const call = (module: string, name: string, ...values: readonly Code[]): number[] => [
  ...op.name(module, name),
  ...tuple(...values),
  ...op.reduce,
];
const object = (module: string, name: string): number[] => [...op.name(module, name), ...tuple(), ...op.newObject];
const items = (...pairs: readonly (readonly [Code, Code])[]): number[] =>
  pairs.flatMap(([key, value]) => [...key, ...value, ...op.setItem]);
const dict = (...pairs: readonly (readonly [Code, Code])[]): number[] => [...op.emptyDict, ...items(...pairs)];
const APPEND = 0x61;
const NEWOBJ_EX = 0x92;

/** Objects as `torch.save` writes them, by what is listed of each. */
const BESIDE: readonly (readonly [listed: string, code: Code])[] = [
  ['collections.Counter', call('collections', 'Counter', dict([op.integer(10), op.integer(1)]))], // of MultiStepLR
  ['builtins.getattr', call('builtins', 'getattr', op.name('torch.optim.lr_scheduler', 'OneCycleLR'), op.text('_cos'))],
  [
    'builtins.getattr',
    [...call('builtins', 'getattr', op.name('a', 'Outer'), op.text('Inner')), ...tuple(), ...op.newObject],
  ],
  [
    'functools.partial',
    [
      ...call('functools', 'partial', op.name('builtins', 'max')),
      ...tuple(op.name('builtins', 'max'), tuple(), op.emptyDict, op.none),
      ...op.build,
    ],
  ],
  ['__main__.Config', [...object('__main__', 'Config'), ...dict([op.text('lr'), op.integer(1)]), ...op.build]],
  ['pathlib.PosixPath', call('pathlib', 'PosixPath', op.text('/'), op.text('data'))],
  ['numpy.core.multiarray._reconstruct', call('numpy.core.multiarray', '_reconstruct', op.name('numpy', 'ndarray'))],
  ['a.B', [...op.name('a', 'B'), ...tuple(), ...op.emptyDict, NEWOBJ_EX]],
  ['os.system', call('os', 'system', op.text('exit'))],
  ['torch.ComplexFloatStorage', tensorOf({ type: 'ComplexFloatStorage' })],
  ['tensor without a name', dict([tuple(op.text('a')), tensorOf()])],
];

for (const [listed, code] of BESIDE) {
  test(`${listed} is passed over, and the network read`, async () => {
    const file = await readPth(archive(dict([op.text('net'), dict([op.text('w'), tensorOf()])], [op.text('x'), code])));
    equal([...file.tensors.keys()], ['net.w']);
    equal(
      file.passedOver?.map(({ name, type }) => [name, type]),
      [['x', listed]],
    );
  });
}

test('classes that derive from dict and list are the containers that they are', async () => {
  const options = [...object('__main__', 'Options'), ...items([op.text('w'), tensorOf()])];
  const list = [...object('__main__', 'Layers'), ...tensorOf(), APPEND, ...tensorOf(), APPEND];
  // as subclasses of OrderedDict are
  const ordered = [...call('mine', 'StateDict'), ...items([op.text('w'), tensorOf()])];
  const file = await readPth(
    archive(dict([op.text('a'), options], [op.text('b'), list], [op.text('c'), ordered], [op.text('d'), op.none])),
  );
  equal([...file.tensors.keys()], ['a.w', 'b.0', 'b.1', 'c.w']);
  equal(file.passedOver, []);
});

test("parameters with attributes, and tensors of classes that derive from PyTorch's, are tensors", async () => {
  const attributed = call('torch._utils', '_rebuild_parameter_with_state', tensorOf(), op.none, op.none, op.emptyDict);
  const values = tensorOf().slice(op.name('torch._utils', '_rebuild_tensor_v2').length, -1);
  const rebuild = op.name('torch._utils', '_rebuild_tensor_v2');
  const derived = call('torch._tensor', '_rebuild_from_type_v2', rebuild, op.name('a', 'T'), values, op.none);
  const evil = call('torch._tensor', '_rebuild_from_type_v2', op.name('os', 'system'), op.name('a', 'T'), values);
  const file = await readPth(archive(dict([op.text('a'), attributed], [op.text('b'), derived], [op.text('c'), evil])));
  equal([...file.tensors.keys()], ['a', 'b']);
  equal(
    file.passedOver?.map(({ name }) => name),
    ['c'],
  );
});

test("the state of NumPy's random numbers has integers of 17 bytes", async () => {
  const wide = [0x8a, 17, ...new Array<number>(16).fill(255), 0];
  is((await readPth(archive(dict([op.text('w'), tensorOf()], [op.text('rng'), wide])))).tensors.size, 1);
});

/** A file of so many tensors, each of a whole storage or repeating one of its elements. */
function sharing(count: number, { length, repeated = 0 }: { length: number; repeated?: number }): Uint8Array {
  const claim = repeated > 0 ? { shape: [repeated], strides: [0] } : { shape: [length] };
  const data = dict(
    ...Array.from({ length: count }, (_, k) => [op.text(`w${k}`), tensorOf({ length, ...claim })] as const),
  );
  const bytes = new Uint8Array(4 * length);
  return archive(data, { 'archive/data/0': { bytes, packed: deflateRawSync(bytes) } });
}

/** Decodes every tensor and returns how many could be. */
function decoded(file: WeightFile, says: RegExp): number {
  let count = 0;
  for (const tensor of file.tensors.values()) {
    try {
      tensor.bytes;
    } catch (error) {
      instance(error, FileError);
      match((error as Error).message, says);
      return count;
    }
    count++;
  }
  return count;
}

test('tensors that share or repeat a storage cannot take many times what it holds', async () => {
  const says = /holds tensors that are more than 2 times as large as the storages that they share/;
  const two = 2 ** 21; // bytes beyond what any file may repeat
  is(decoded(await readPth(sharing(20, { length: two })), says), 2);
  is(decoded(await readPth(sharing(20, { length: 1, repeated: 2 ** 18 })), says), 4);
  const file = await readPth(sharing(2, { length: two }));
  for (let round = 0; round < 5; round++) is(decoded(file, says), 2); // again is not more
});

test('what nobody asks for is not unpacked, and what is unpacked is bounded by the size of the file', async () => {
  const zeros = new Uint8Array(2 ** 27);
  const bomb = archive(
    dict([op.text('w'), tensorOf({ length: 2 ** 25, shape: [2 ** 25] })], [op.text('v'), tensorOf({ key: '1' })]),
    {
      'archive/data/0': { bytes: zeros, packed: deflateRawSync(zeros) },
      'archive/data/1': { bytes: new Uint8Array(16) },
    },
  );
  const before = process.memoryUsage().arrayBuffers;
  const { tensors } = await readPth(bomb, 'x.pth');
  is(tensors.get('v')!.floats().length, 4);
  throws(() => tensors.get('w')!.floats(), /^x\.pth: unpacks to more than 32 times its size/);
  ok(process.memoryUsage().arrayBuffers - before < 1e6);
});

test('views of one storage in the old format are held to the same', async () => {
  const data = dict(
    ...Array.from(
      { length: 9 },
      (_, k) => [op.text(`w${k}`), tensorOf({ length: 2 ** 20, shape: [2 ** 20] })] as const,
    ),
  );
  const file = await readPth(legacyFile(data, { count: 2 ** 20, bytes: 2 ** 22 }));
  is(decoded(file, /more than 2 times as large/), 3);
});

test.run();
