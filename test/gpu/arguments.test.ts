/** @file Checks of arguments, and the options of a device. */
import {
  ArgumentError,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  openGpu,
  showValue,
  useGpu,
} from '@visage/gpu';
import { createDawn, startGpu } from '@visage/gpu/node';
import { suite } from 'uvu';
import { is, not, ok, throws } from 'uvu/assert';
import { errorOf } from '../helpers/mistakes.ts';

const test = suite('arguments');

interface Options {
  readonly stride?: number;
  readonly padding?: number;
}
const KEYS = { stride: true, padding: true } as const;

test('options that there are not are refused by name, with those that there are', () => {
  const options = (value: unknown) => () =>
    checkOptions<Options>('op', value as Options, KEYS, { dilation: 'Not built' });
  not.throws(options({}));
  not.throws(options({ stride: 1, dilation: undefined }));
  throws(options({ strides: 2 }), /^op: option 'strides' is 2, expected only the options stride, padding$/);
  throws(options({ dilation: 2 }), /expected only the options stride, padding\. Not built$/);
  throws(options({ toString: 1 }), /option 'toString' is 1/);
  throws(options(2), /^op: options is 2, expected an object with some of stride, padding/);
  throws(options(null), /options is null/);
  throws(options([1]), /options is \[1\]/);
});

test('numbers', () => {
  for (const wrong of [Number.NaN, 1.5, -1, 4, '2', undefined, [2], Number.POSITIVE_INFINITY])
    throws(() => checkInteger('op', 'n', wrong as number, 0, 3), /^op: n is .*, expected an integer from 0 to 3/);
  for (const right of [0, 3]) not.throws(() => checkInteger('op', 'n', right, 0, 3));
  throws(() => checkInteger('op', 'n', 0, 1), /expected a positive integer/);
  for (const wrong of [Number.NaN, 2, '0.5', null, Number.NEGATIVE_INFINITY])
    throws(() => checkNumber('op', 'eps', wrong as number, 0, 1), /^op: eps is .*, expected a number from 0 to 1/);
  throws(() => checkOneOf('op', 'mode', 'toString', ['a', 'b']), /^op: mode is 'toString', expected 'a' or 'b'/);
});

test('values are shown briefly', () => {
  is(showValue('x'), "'x'");
  is(showValue([1, 'a', [Number.NaN]]), "[1, 'a', [NaN]]");
  is(showValue({ a: 1, b: undefined }), '{ a: 1, b: undefined }');
  is(showValue(new Float32Array(1000)), 'Float32Array(1000)');
  is(showValue(new Map()), 'an object of class Map');
  ok(showValue(Array.from({ length: 1000 }, () => 1)).length <= 60);
});

test('a device has no other options', async () => {
  const refused = async (open: () => unknown, message: RegExp) => {
    const error = await errorOf(open);
    ok(error instanceof ArgumentError && message.test(error.message), error?.message);
  };
  await refused(
    () => startGpu({ power: 'low' } as object),
    /^startGpu: option 'power' is 'low', expected only .*backend/,
  );
  await refused(() => startGpu({ backend: 'opengl' as 'vulkan' }), /backend is 'opengl', expected 'vulkan'/);
  await refused(() => startGpu({ debug: 1 as unknown as boolean }), /debug is 1, expected true or false/);
  await refused(() => createDawn({ debug: true } as object), /^createDawn: option 'debug'/);
  await refused(() => openGpu(createDawn(), { profile: 'node' as 'full' }), /^openGpu: profile is 'node'/);
  const gpu = useGpu(await openGpu(createDawn({ backend: 'null' }), { deterministic: true }));
  ok(gpu.deterministic);
  gpu.destroy();
});

test.run();
