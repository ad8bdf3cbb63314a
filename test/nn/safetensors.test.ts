/** @file Safetensors: round trips, half floats, and files that lie. None of this needs a device. */
import {
  FileError,
  floatsFromBfloat,
  floatsFromHalf,
  halfFromFloats,
  readSafetensors,
  writeSafetensors,
} from '@visage/nn';
import { suite } from 'uvu';
import { equal, instance, is, not, ok } from 'uvu/assert';
import { hostRandom } from '../helpers/random.ts';

const test = suite('safetensors');

/** The bytes of a file with this header and so many bytes of data. */
function fileOf(header: unknown, dataBytes = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + json.length + dataBytes);
  new DataView(out.buffer).setUint32(0, json.length, true);
  out.set(json, 8);
  return out;
}

function errorOf(bytes: Uint8Array): string {
  try {
    readSafetensors(bytes, 'x.safetensors');
  } catch (error) {
    instance(error, FileError);
    const { message } = error as Error;
    ok(message.startsWith('x.safetensors: ') && !message.includes('\n') && message.length < 400, message);
    return message;
  }
  return 'no error';
}

const refuses = (bytes: Uint8Array, pattern: RegExp) =>
  ok(pattern.test(errorOf(bytes)), `${errorOf(bytes)} against ${pattern}`);

const entry = (over: object = {}) => ({ dtype: 'F32', shape: [2], data_offsets: [0, 8], ...over });

const sample = () =>
  writeSafetensors(
    new Map([
      ['bytes', { shape: [3], values: Uint8Array.of(1, 2, 255) }],
      ['half', { shape: [1, 3], values: Uint16Array.of(0x3c00, 0xc000, 0x7bff) }],
      ['größe.weight', { shape: [2, 2], values: Float32Array.of(1, -2.5, 3e-40, 4) }],
      ['counter', { shape: [2], values: Uint32Array.of(7, 0xffffffff) }],
      ['__proto__', { shape: [], values: Int32Array.of(-5) }],
    ]),
    { architecture: 'test', note: 'a "quoted" \n line' },
  );

test('what is written is read', () => {
  const file = readSafetensors(sample());
  equal(file.metadata, { architecture: 'test', note: 'a "quoted" \n line' });
  is(file.tensors.size, 5);
  equal(file.tensors.get('größe.weight')!.floats(), Float32Array.of(1, -2.5, 3e-40, 4));
  equal(file.tensors.get('größe.weight')!.shape, [2, 2]);
  equal(file.tensors.get('half')!.floats(), Float32Array.of(1, -2, 65504));
  equal(file.tensors.get('half')!.host(), Uint16Array.of(0x3c00, 0xc000, 0x7bff));
  equal(file.tensors.get('counter')!.host(), Uint32Array.of(7, 0xffffffff));
  equal(file.tensors.get('bytes')!.integers(), Int32Array.of(1, 2, 255));
  equal(file.tensors.get('__proto__')!.integers(), Int32Array.of(-5));
  is(({} as Record<string, unknown>).dtype, undefined);
});

test('tensors read from a Node buffer are copies of their own', () => {
  const file = readSafetensors(Buffer.from(sample()));
  equal(file.tensors.get('größe.weight')!.floats(), Float32Array.of(1, -2.5, 3e-40, 4));
  const host = file.tensors.get('bytes')!.host();
  is(host.constructor, Uint8Array);
  host[0] = 9;
  equal(file.tensors.get('bytes')!.integers(), Int32Array.of(1, 2, 255));
});

test('types that are only read, at odd offsets', () => {
  const header = {
    double: { dtype: 'F64', shape: [1], data_offsets: [21, 29] },
    short: { dtype: 'I16', shape: [1], data_offsets: [29, 31] },
    tiny: { dtype: 'I8', shape: [1], data_offsets: [31, 32] },
    truth: { dtype: 'BOOL', shape: [1], data_offsets: [32, 33] },
    pad: { dtype: 'U8', shape: [1], data_offsets: [0, 1] },
    wide: { dtype: 'I64', shape: [2], data_offsets: [1, 17] },
    brain: { dtype: 'BF16', shape: [2], data_offsets: [17, 21] },
  };
  const bytes = fileOf(header, 33);
  const data = new DataView(bytes.buffer, bytes.length - 33);
  data.setFloat64(21, -2.5, true);
  data.setInt16(29, -300, true);
  data.setInt8(31, -7);
  data.setUint8(32, 1);
  data.setBigInt64(1, -3n, true);
  data.setBigInt64(9, 2n ** 31n - 1n, true);
  data.setUint16(17, 0x3f80, true);
  data.setUint16(19, 0xc040, true);
  const read = readSafetensors(bytes).tensors;
  equal(read.get('wide')!.integers(), Int32Array.of(-3, 2 ** 31 - 1));
  equal(read.get('brain')!.floats(), Float32Array.of(1, -3));
  equal(read.get('double')!.floats(), Float32Array.of(-2.5));
  equal(read.get('short')!.integers(), Int32Array.of(-300));
  equal(read.get('tiny')!.host(), Int32Array.of(-7));
  equal(read.get('truth')!.host(), Uint8Array.of(1));
  data.setBigInt64(9, 2n ** 31n, true);
  let message = '';
  try {
    read.get('wide')!.integers();
  } catch (error) {
    message = (error as Error).message;
  }
  ok(/entry "wide" holds 2147483648, which does not fit/.test(message), message);
});

test('a file cut at any byte is refused', () => {
  const bytes = sample();
  for (let length = 0; length < bytes.length; length++) not(errorOf(bytes.subarray(0, length)) === 'no error');
  refuses(new Uint8Array(0), /is 0 bytes long/);
  refuses(bytes.subarray(0, 100), /truncated/);
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  refuses(longer, /has 1 bytes behind the last entry/);
});

test('a file with any header byte changed is refused or read, and never crashes', () => {
  const bytes = sample();
  const random = hostRandom(1);
  const end = 8 + new DataView(bytes.buffer).getUint32(0, true);
  for (let at = 0; at < end; at++) {
    for (let round = 0; round < 4; round++) {
      const damaged = bytes.slice();
      damaged[at] = Math.floor(random.uniform() * 256);
      errorOf(damaged);
    }
  }
});

test('lying lengths allocate nothing', () => {
  const before = process.memoryUsage().arrayBuffers;
  for (const [low, high] of [
    [0xffffffff, 0xffffffff],
    [0, 0x80000000],
    [0x7fffffff, 0],
    [100, 1],
  ] as const) {
    const bytes = sample();
    const view = new DataView(bytes.buffer);
    view.setUint32(0, low, true);
    view.setUint32(4, high, true);
    refuses(bytes, /claims a header of \d+(\.\d+e\+\d+)? bytes/);
  }
  const bytes = sample();
  new DataView(bytes.buffer).setUint32(0, bytes.length, true);
  refuses(bytes, /claims a header of \d+ bytes but has only/);
  ok(process.memoryUsage().arrayBuffers - before < 1e6);
});

test('lying entries are refused by name', () => {
  const one = (over: object, bytes = 8) => fileOf({ 'a.weight': entry(over) }, bytes);
  is(errorOf(one({})), 'no error');
  refuses(
    one({ shape: [2 ** 40, 2 ** 40] }),
    /entry "a.weight" has shape \[\d+, \d+\] of F32, which is not the 8 bytes/,
  );
  refuses(one({ shape: Array(16).fill(2 ** 52) }), /which is not the 8 bytes/);
  refuses(one({ shape: [0, 2 ** 53 - 1] }), /which is not the 8 bytes/);
  refuses(one({ shape: [-2] }), /a.weight" has a shape that is not a list/);
  refuses(one({ shape: [-1, -2] }), /has a shape/);
  refuses(one({ shape: [2 ** 60] }), /has a shape/);
  refuses(one({ shape: [1.5] }), /has a shape/);
  refuses(one({ shape: '2' }), /has a shape/);
  refuses(one({ shape: Array(17).fill(1) }), /has a shape/);
  refuses(one({ shape: [3] }), /which is not the 8 bytes/);
  refuses(one({ dtype: 'F8_E4M3' }), /has dtype "F8_E4M3"; known are F64, F32/);
  refuses(one({ dtype: 'toString' }), /has dtype/);
  refuses(one({ dtype: 4 }), /has dtype/);
  refuses(one({ data_offsets: [0, 12], shape: [3] }), /spans bytes 0 to 12 of 8 bytes/);
  refuses(one({ data_offsets: [8, 0] }), /spans bytes 8 to 0/);
  refuses(one({ data_offsets: [-8, 0] }), /data_offsets/);
  refuses(one({ data_offsets: [0, 8, 9] }), /data_offsets/);
  refuses(one({ data_offsets: [0, 1e300] }), /data_offsets/);
  refuses(one({ data_offsets: null }), /data_offsets/);
  refuses(one({ data_offsets: [4, 12] }, 12), /leaves bytes 0 to 4 unused/);
  refuses(fileOf({ a: entry(), b: entry({ data_offsets: [4, 12] }) }, 12), /entry "b" overlaps/);
  refuses(fileOf({ a: entry(), b: entry() }, 8), /entry "b" overlaps/);
  refuses(fileOf({ a: [] }), /entry "a" is not an object/);
});

test('headers that are no header are refused', () => {
  refuses(fileOf('[]'), /not a JSON object/);
  refuses(fileOf('null'), /not a JSON object/);
  refuses(fileOf('{"a":'), /not UTF-8 JSON/);
  refuses(fileOf('['.repeat(500000)), /not UTF-8 JSON|not a JSON object/);
  refuses(fileOf({ __metadata__: { cases: 3 } }), /__metadata__ entry "cases" is not a string/);
  refuses(fileOf({ __metadata__: ['a'] }), /__metadata__ is not an object/);
  const invalid = fileOf('{"a":1}');
  invalid[10] = 0xff;
  refuses(invalid, /not UTF-8/);
  const twice = `"w": ${JSON.stringify(entry())}`;
  refuses(fileOf(`{${twice}, ${twice}}`, 8), /lists "w" twice/);
  refuses(fileOf(`{${twice}, "\\u0077": ${JSON.stringify(entry())}}`, 8), /lists "w" twice/);
  refuses(fileOf('{"w": {"dtype":"F32","dtype":"U8","shape":[2],"data_offsets":[0,8]}}', 8), /lists "dtype" twice/);
  refuses(fileOf({ ['line\nbreak'.repeat(50)]: [] }), /entry "line\\nbreakline/);
});

test('empty files and tensors', () => {
  is(readSafetensors(writeSafetensors(new Map())).tensors.size, 0);
  equal(
    readSafetensors(fileOf({ none: entry({ shape: [0, 3], data_offsets: [0, 0] }) }))
      .tensors.get('none')!
      .floats(),
    new Float32Array(0),
  );
});

test('every half survives, and rounding goes to the nearest, ties to even', () => {
  const all = Uint16Array.from({ length: 65536 }, (_, k) => k);
  const floats = floatsFromHalf(all);
  const back = halfFromFloats(floats);
  for (let k = 0; k < 65536; k++) {
    if (Number.isNaN(floats[k])) is((back[k] as number) & 0x7c00, 0x7c00);
    else is(back[k], k);
  }
  // Between neighbours a < b: the middle goes to the even one, and a hair beside it to the nearer.
  for (let k = 0; k < 0x7bff; k++) {
    const [a, b] = [floats[k] as number, floats[k + 1] as number];
    const middle = (a + b) / 2;
    const hair = (b - a) / 64;
    equal(
      halfFromFloats(Float32Array.of(middle, middle - hair, middle + hair)),
      Uint16Array.of(k % 2 ? k + 1 : k, k, k + 1),
    );
  }
  equal(
    halfFromFloats(Float32Array.of(65519, 65520, -1e30, 1e-9, -1e-9)),
    Uint16Array.of(0x7bff, 0x7c00, 0xfc00, 0, 0x8000),
  );
  equal(floatsFromBfloat(Uint16Array.of(0x7f80, 0x0001)), Float32Array.of(Number.POSITIVE_INFINITY, 2 ** -133));
});

test.run();
