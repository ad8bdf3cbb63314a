/**
 * @file PyTorch's files, old and new, and files that lie. None of this needs a device; make_pth.py in fixtures/ wrote
 * the honest files.
 */
import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { FileError, readPth } from '@visage/nn';
import { suite } from 'uvu';
import { equal, instance, is, not, ok } from 'uvu/assert';
import { archive, dictionary, legacyFile, op, tensorOf, tuple, zipFile } from './pickles.ts';

const test = suite('pth');
const fixture = (name: string): Uint8Array => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const FORMATS = ['tensors.pth', 'tensors.legacy.pth'] as const;

async function errorOf(bytes: Uint8Array): Promise<string> {
  try {
    const { tensors } = await readPth(bytes, 'x.pth');
    for (const tensor of tensors.values()) tensor.host();
  } catch (error) {
    instance(error, FileError);
    const { message } = error as Error;
    ok(message.startsWith('x.pth: ') && !message.includes('\n') && message.length < 400, message);
    return message;
  }
  return 'no error';
}

async function refuses(bytes: Uint8Array, pattern: RegExp): Promise<void> {
  const message = await errorOf(bytes);
  ok(pattern.test(message), `${message} against ${pattern}`);
}

for (const name of FORMATS) {
  test(`${name}: every element type`, async () => {
    const { tensors } = await readPth(fixture(name));
    const get = (key: string) => tensors.get(key)!;
    equal(get('f16').floats(), Float32Array.of(1, -2, 65504));
    is(get('f16').dtype, 'F16');
    equal(get('bf16').floats(), Float32Array.of(1, -3));
    equal(get('f64').floats(), Float32Array.of(-2.5));
    for (const key of ['i64', 'i32', 'i16', 'i8', 'u8']) equal(get(key).integers(), Int32Array.of(1, 2, 100), key);
    equal(get('bool').host(), Uint8Array.of(1, 0));
    equal([get('scalar').shape, get('scalar').floats()], [[], Float32Array.of(7.5)]);
    equal([get('empty').shape, get('empty').floats()], [[0, 3], new Float32Array(0)]);
  });

  test(`${name}: parameters, and views that share a storage`, async () => {
    const { tensors } = await readPth(fixture(name));
    const get = (key: string) => [tensors.get(key)!.shape, [...tensors.get(key)!.floats()]];
    const all = Array.from({ length: 24 }, (_, k) => k);
    equal(get('f32'), [[4, 6], all]);
    equal(get('views.transposed'), [[6, 4], all.map((k) => (k % 4) * 6 + Math.floor(k / 4))]);
    equal(get('views.row'), [[6], [12, 13, 14, 15, 16, 17]]);
    equal(get('views.column'), [[4], [1, 7, 13, 19]]);
    equal(get('views.grid'), [
      [2, 3],
      [6, 8, 10, 12, 14, 16],
    ]);
    equal(get('views.repeated'), [
      [2, 3],
      [5, 5, 5, 5, 5, 5],
    ]);
  });

  test(`${name}: containers give names; what is no tensor is passed over`, async () => {
    const { tensors } = await readPth(fixture(name));
    equal(tensors.get('list.0')!.floats(), Float32Array.of(1));
    equal(tensors.get('list.1')!.floats(), Float32Array.of(2));
    equal(tensors.get('7')!.floats(), Float32Array.of(9));
    for (const key of ['epoch', 'name', 'size', 'big', 'set', 'dtype']) not.ok(tensors.has(key), key);
  });
}

test('a state dict has the same values in both formats', async () => {
  const [zip, legacy] = [await readPth(fixture('generator.pth')), await readPth(fixture('generator.half.legacy.pth'))];
  equal([...zip.tensors.keys()], [...legacy.tensors.keys()]);
  for (const [name, tensor] of zip.tensors) {
    // chosen to be exact in half
    if (tensor.dtype === 'F32') equal(tensor.floats(), legacy.tensors.get(name)!.floats(), name);
  }
});

test('a whole module yields what its state_dict() would, wherever it lies', async () => {
  const { tensors } = await readPth(fixture('generator.module.legacy.pth'));
  is(tensors.size, 73);
  equal(tensors.get('BottleNeck.0.style1.linear.weight')!.shape, [16, 16]);
  is(tensors.get('down4.1.num_batches_tracked')!.dtype, 'I64');
  const checkpoint = await readPth(fixture('arcface.tar'));
  equal(checkpoint.tensors.get('model.module.fc.weight')!.shape, [16, 784]);
  equal(checkpoint.tensors.get('metric_fc.weight')!.shape, [2, 16]);
  is(
    [...checkpoint.tensors.keys()].find((name) => name.startsWith('optimizer')),
    undefined,
  );
});

for (const name of ['old.pth', 'old.legacy.pth']) {
  test(`${name}: a module of PyTorch before 1.3; NumPy numbers and a Namespace beside it`, async () => {
    const { tensors } = await readPth(fixture(name));
    equal([...tensors.keys()], ['model.0.weight', 'model.0.bias', 'model.1.weight', 'args.seen']);
    equal(tensors.get('model.0.weight')!.floats(), Float32Array.of(1, 2, 3, 4));
  });
}

test('a parameter as it was saved before PyTorch 0.4', async () => {
  const state = tuple(op.none, op.emptyDict);
  const file = archive(
    dictionary('w', [
      ...op.name('torch.nn.parameter', 'Parameter'),
      ...tuple(tensorOf()),
      ...op.reduce,
      ...state,
      ...op.build,
    ]),
  );
  is((await readPth(file)).tensors.get('w')!.shape.join(), '4');
});

test('what is passed over cannot carry weights', async () => {
  const scalar = (...values: readonly (readonly number[])[]) => [
    ...op.name('numpy.core.multiarray', 'scalar'),
    ...tuple(...values),
    ...op.reduce,
  ];
  const dtype = [...op.name('numpy', 'dtype'), ...tuple(op.text('O8')), ...op.reduce];
  for (const wrong of [scalar(dtype, tensorOf()), scalar(op.text('f8'), op.text('')), scalar()])
    await refuses(archive(dictionary('w', wrong)), /wants to call "numpy.core.multiarray.scalar"/);
  const cart = [...op.name('shop', 'Cart'), ...tuple(), ...op.newObject];
  const options = [...op.name('argparse', 'Namespace'), ...tuple(), ...op.newObject, ...dictionary('cart', cart)];
  await refuses(archive(dictionary('args', [...options, ...op.build])), /class "shop.Cart" at "args.cart"/);
});

test('a tensor under bytes or a tuple is refused, for it has no name', async () => {
  const encoded = [...op.name('_codecs', 'encode'), ...tuple(op.text('w'), op.text('latin1')), ...op.reduce]; // b'w' of protocol 2
  for (const key of [encoded, tuple(op.text('w')), op.none]) {
    const keyed = [...op.emptyDict, ...key, ...tensorOf(), ...op.setItem];
    await refuses(archive(dictionary('net', keyed)), /keeps a tensor at "net" under a key that is neither/);
  }
});

test('a deflated archive is read too', async () => {
  const data = Uint8Array.from(dictionary('w', tensorOf()));
  const bytes = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  const file = archive([...data], { 'archive/data/0': { bytes, packed: deflateRawSync(bytes) } });
  equal((await readPth(file)).tensors.get('w')!.floats(), Float32Array.of(1, 2, 3, 4));
  await refuses(
    archive([...data], { 'archive/data/0': { bytes, packed: deflateRawSync(bytes).subarray(2) } }),
    /data\/0/,
  );
});

test('sizes in a ZIP64 field are read, and checked like the others', async () => {
  const data = dictionary('w', tensorOf());
  const bytes = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  const file = archive(data, { 'archive/data/0': { bytes, wide: true } });
  equal((await readPth(file)).tensors.get('w')!.floats(), Float32Array.of(1, 2, 3, 4));
  await refuses(
    archive(data, { 'archive/data/0': { bytes, wide: true, claim: 2 ** 40 } }),
    /stored in 16 bytes and claims 1099/,
  );
});

for (const name of ['generator.pth', 'generator.half.legacy.pth', 'generator.module.legacy.pth', 'arcface.tar']) {
  test(`${name} cut at every 1000th byte is one error`, async () => {
    const bytes = fixture(name);
    for (let length = 0; length < bytes.length; length += 1000)
      await refuses(bytes.subarray(0, length), /truncated|is not a file of torch.save/);
  });
}

for (const name of FORMATS) {
  test(`${name} with any byte changed is refused or read, and never crashes`, async () => {
    const bytes = fixture(name);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (bytes[at]! + 1 + (at % 255)) & 255;
      await errorOf(damaged);
    }
  });
}

test('a damaged value is noticed by the checksum', async () => {
  const bytes = Uint8Array.from(fixture('generator.pth'));
  bytes[20_000]! ^= 1;
  await refuses(bytes, /is damaged: its checksum/);
});

test('a pickle that would run something is refused by name, and nothing runs', async () => {
  const calls: [string, string][] = [
    ['os', 'system'],
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['subprocess', 'Popen'],
    ['torch', 'load'],
    ['__main__', '__proto__'],
    ['numpy.core.multiarray', '_reconstruct'],
  ];
  for (const [module, name] of calls) {
    const call = [...op.name(module, name), ...tuple(op.text('echo 1')), ...op.reduce];
    for (const file of [archive(dictionary('w', call)), legacyFile(dictionary('w', call))])
      await refuses(file, new RegExp(`wants to call "${module}\\.${name}".* refused, nothing was run`));
  }
});

test('an object of another class is refused by name and place', async () => {
  const object = [
    ...op.name('shop', 'Cart'),
    ...tuple(),
    ...op.newObject,
    ...dictionary('items', op.none),
    ...op.build,
  ];
  await refuses(archive(object), /holds an object of class "shop.Cart"; only modules/);
  await refuses(archive(dictionary('cart', object)), /class "shop.Cart" at "cart"/);
  await refuses(
    archive(dictionary('w', tensorOf({ type: 'ComplexFloatStorage' }))),
    /"torch.ComplexFloatStorage"; known are/,
  );
});

test('instructions that tensors do not need are refused', async () => {
  for (const code of [0x69, 0x6f, 0x50, 0x49, 0x82, 0x97, 0xff]) await refuses(archive([code]), /instruction 0x/);
  await refuses(archive([0x30]), /the stack is empty/);
  await refuses(archive(op.get(3)), /nothing is noted under 3/);
  await refuses(archive([0x80, 9]), /protocol beyond 5/);
  await refuses(archive([0x8b, 255, 255, 255, 127]), /integer of 2147483647 bytes/);
  await refuses(archive([0x58, 255, 255, 255, 127]), /truncated/);
  await refuses(archive([0x8d, 0, 0, 0, 0, 0, 0, 0, 127]), /claims a length of/);
});

test('claims beyond the file allocate nothing', async () => {
  const before = process.memoryUsage().arrayBuffers;
  const two = 2 ** 29; // elements, 2 GB of float32
  const wrong: [Uint8Array, RegExp][] = [
    [
      archive(dictionary('w', tensorOf({ length: two, shape: [two] }))),
      /16 bytes in storage "0", where a tensor claims 536870912/,
    ],
    [archive(dictionary('w', tensorOf({ shape: [two] }))), /storage of 4 elements: the shape is larger/],
    [archive(dictionary('w', tensorOf({ shape: [two], strides: [0] }))), /the shape is larger/],
    [archive(dictionary('w', tensorOf({ shape: [2 ** 40, 2 ** 40], strides: [0, 0] }))), /the shape is larger/],
    [archive(dictionary('w', tensorOf({ offset: 1 }))), /its last element would be number 4/],
    [archive(dictionary('w', tensorOf({ shape: [2], strides: [2 ** 50] }))), /its last element would be number/],
    [archive(dictionary('w', tensorOf({ shape: [2, 2] }))), /offset, shape and strides that fit together/],
    [archive(dictionary('w', tensorOf({ key: '1' }))), /lacks the storage "1"/],
    [
      archive(dictionary('w', tensorOf()), { 'archive/data/0': { bytes: new Uint8Array(16), claim: 2 ** 31 } }),
      /stored in 16 bytes and claims/,
    ],
    [
      archive(dictionary('w', tensorOf({ length: two })), {
        'archive/data/0': { bytes: new Uint8Array(16), packed: deflateRawSync(new Uint8Array(16)), claim: 2 ** 31 },
      }),
      /claims 2147483648 bytes, more than/,
    ],
    [legacyFile(dictionary('w', tensorOf({ length: two, shape: [two] })), { count: two }), /truncated/],
    [legacyFile(dictionary('w', tensorOf()), { count: two }), /has 536870912 elements .* where a tensor claims 4/],
    [legacyFile(dictionary('w', tensorOf()), { key: '1' }), /lists a storage "1" that no tensor refers to/],
    [legacyFile(dictionary('w', tensorOf({ key: '1' }))), /storage "0"/],
  ];
  for (const [bytes, pattern] of wrong) {
    ok(bytes.length < 1024);
    await refuses(bytes, pattern);
  }
  ok(process.memoryUsage().arrayBuffers - before < 4e6);
});

test('a deflated entry cannot unpack to more or less than it claims', async () => {
  const packed = deflateRawSync(new Uint8Array(1000));
  for (const claim of [16, 2000]) {
    const member = { bytes: new Uint8Array(0), packed, claim };
    const data = dictionary('w', tensorOf({ length: claim / 4 }));
    await refuses(archive(data, { 'archive/data/0': member }), new RegExp(`unpacks to .*${claim}`));
  }
});

test('a deflated entry that claims more than memory holds is one error', async () => {
  const packed = new Uint8Array(2 ** 23 + 2 ** 16); // enough for the claim by deflate's best ratio
  const member = { bytes: new Uint8Array(0), packed, claim: 2 ** 33 + 2 ** 20, wide: true };
  await refuses(
    archive(dictionary('w', tensorOf()), { 'archive/data/0': member }),
    /claims 8590983168 bytes; .* read up to/,
  );
});

test('a pickle cannot build more than it says: copies of a long list, or very many containers', async () => {
  const repeat = (times: number, instructions: readonly number[]) =>
    Array.from({ length: times }, () => instructions).flat();
  // 8 bytes that copy a list of 2000 members, very often: quadratic in the length of the file.
  const list = [...tuple(...Array.from({ length: 2000 }, () => op.emptyDict)), ...op.put(0)];
  for (const name of ['builtins.set', 'builtins.frozenset']) {
    const [module, callee] = name.split('.') as [string, string];
    const copies = repeat(5000, [...op.get(1), ...op.get(0), 0x85, ...op.reduce]);
    const callable = [...op.name(module, callee), ...op.put(1)];
    for (const file of [archive([...list, ...callable, ...copies]), legacyFile([...list, ...callable, ...copies])])
      await refuses(file, /builds more than 8388608 values by byte/);
  }
  const many = new Uint8Array(2 ** 20).fill(op.emptyDict[0]);
  const pickle = { bytes: many, packed: deflateRawSync(many) };
  await refuses(zipFile({ 'archive/data.pkl': pickle }), /builds more than 8388608 values/);
});

test('a long key names few tensors', async () => {
  await refuses(archive(dictionary('k'.repeat(2000), tensorOf())), /names a tensor with 2000 characters/);
});

test('entries that share their bytes are refused', async () => {
  const bytes = new Uint8Array(400);
  const alone = archive(dictionary('w', tensorOf({ length: 100 })), { 'archive/data/0': { bytes } });
  is(await errorOf(alone), 'no error');
  const many = Array.from({ length: 3 }, (_, k) => [`archive/data/${k + 1}`, { bytes, shares: 'archive/data/0' }]);
  await refuses(
    archive(op.none, { 'archive/data/0': { bytes }, ...Object.fromEntries(many) }),
    /has entries that overlap, "archive/,
  );
});

test('containers that name themselves over and over are refused', async () => {
  const itself = [...op.emptyDict, ...op.put(0), ...op.text('a'), ...op.get(0), ...op.setItem];
  await refuses(archive(itself), /nests its containers too deep/);
  // Each level holds the one before twice: 2^40 paths out of a short pickle.
  const doubled = Array.from({ length: 40 }, (_, k) => [
    ...op.emptyDict,
    ...['a', 'b'].flatMap((key) => [...op.text(key), ...(k === 0 ? op.none : op.get(k - 1)), ...op.setItem]),
    ...op.put(k),
  ]);
  await refuses(archive(doubled.flat()), /names more than 1000000 values/);
  const numbers = [...tuple(...new Array(2000).fill(op.integer(1))), ...op.put(0)];
  await refuses(archive(tuple(numbers, ...new Array(2000).fill(op.get(0)))), /names more than 1000000 values/);
});

test('other archives and programs are named', async () => {
  await refuses(
    zipFile({ 'word/document.xml': { bytes: new Uint8Array(3) } }),
    /without data.pkl, so PyTorch did not write it/,
  );
  await refuses(archive(op.none, { 'archive/code/net.py': { bytes: new Uint8Array(3) } }), /is a TorchScript program/);
  await refuses(
    archive(op.none, { 'archive/byteorder': { bytes: new TextEncoder().encode('big') } }),
    /byte order "big"/,
  );
  await refuses(archive(op.emptyDict), /holds no tensors/);
  await refuses(new TextEncoder().encode('{"a": 1}'), /is not a file of torch.save/);
});

test.run();
