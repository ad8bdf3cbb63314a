/** Waiting for a software adapter leaves everybody else's `setImmediate` as it was. */
import { setImmediate as promised } from 'node:timers/promises';
import { promisify } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { pollSlowly } from '../../packages/gpu/src/node/polling.ts';

const before = globalThis.setImmediate;
pollSlowly();

const kind = (handle: unknown) => (handle as object).constructor.name;

test('callbacks of JavaScript are immediate, and get their arguments', async () => {
  assert.is(kind(setImmediate(() => {})), kind(before(() => {})));
  assert.is(await new Promise((done) => setImmediate(done, 'value')), 'value');
});

test('native callbacks wait for a timer', () => {
  const native = (() => {}).bind(null); // prints as native code
  assert.is(kind(setImmediate(native)), kind(setTimeout(() => {}, 0)));
});

test('promises of it work, and asking twice changes nothing more', async () => {
  assert.is(await promisify(setImmediate)('value'), 'value');
  assert.is(await promised('value'), 'value');
  const patient = globalThis.setImmediate;
  pollSlowly();
  assert.is(globalThis.setImmediate, patient);
});

test.run();
