/** @file Which buffers a pool reuses, on a device that counts them. */
import { test } from 'uvu';
import { equal, is, ok } from 'uvu/assert';
import { BufferPool } from '../../packages/gpu/src/memory/pool.ts';
import { hostRandom } from '../helpers/random.ts';

const MEBIBYTE = 2 ** 20;
const MOST = 2 ** 30;

function makePool(destroyed: (size: number) => void = () => {}) {
  const created: number[] = [];
  const limits = { maxStorageBufferBindingSize: MOST, maxBufferSize: MOST };
  const createBuffer = ({ size }: { size: number }) => {
    created.push(size);
    return { size, destroy: () => destroyed(size) };
  };
  const scopes = { pushErrorScope() {}, popErrorScope: async () => null };
  // all of a device that it uses
  const pool = new BufferPool({ limits, createBuffer, ...scopes } as unknown as GPUDevice);
  return { pool, created };
}

test('a buffer of the same class is taken before a larger one, the smallest of several, and none far too large', () => {
  const { pool, created } = makePool();
  const [exact, wide, wider] = [16, 17, 18].map((mebibytes) => pool.take(mebibytes * MEBIBYTE));
  for (const buffer of [wider, wide, exact]) pool.give(buffer!);
  for (const expected of [exact, wide, wider]) is(pool.take(16 * MEBIBYTE), expected);
  is(created.length, 3);
  pool.give(wider!);
  const small = pool.take(15 * MEBIBYTE); // the free one is a fifth larger
  is(created.length, 4);
  for (const buffer of [exact, wide, small]) pool.give(buffer!);
  is(pool.use.live, 0);
  is(
    pool.use.cached,
    created.reduce((sum, size) => sum + size),
  );
});

test('small buffers come back by their class alone', () => {
  const { pool, created } = makePool();
  pool.give(pool.take(1060 * 1024));
  pool.take(MEBIBYTE);
  is(created.length, 2);
});

test('sizes that hardly repeat do not pile up', () => {
  const { pool, created } = makePool();
  const random = hostRandom(3);
  for (let k = 0; k < 1000; k++) {
    const bytes = 4 * Math.floor((12 + 36 * random.uniform()) * (MEBIBYTE / 4));
    const buffer = pool.take(bytes);
    ok(buffer.size >= bytes && buffer.size <= 1.15 * bytes);
    pool.give(buffer);
  }
  ok(pool.use.cached < 768 * MEBIBYTE, `${pool.use.cached / MEBIBYTE} MiB in ${created.length} buffers`);
  is(pool.use.peak, pool.use.cached);
});

test('what was free for longest is destroyed when far more is kept than was ever in use', () => {
  const destroyed: number[] = [];
  const { pool } = makePool((size) => destroyed.push(size));
  const most = 256 * MEBIBYTE + 2 * 50 * MEBIBYTE;
  const sizes = Array.from({ length: 40 }, (_, k) => (10 + k) * MEBIBYTE);
  for (const size of sizes) pool.give(pool.take(size));
  ok(pool.use.cached > most);
  pool.flushed();
  const kept = pool.use.cached;
  ok(kept <= most && kept > most - 50 * MEBIBYTE, `${kept / MEBIBYTE} MiB kept`);
  equal(destroyed, sizes.slice(0, destroyed.length), 'the oldest');
  const { length } = destroyed;
  pool.take(49 * MEBIBYTE);
  pool.flushed();
  is(destroyed.length, length, 'what is in use again counts as it did');
});

test('the largest buffer of a device is reused like any other', () => {
  const { pool } = makePool();
  const buffer = pool.take(MOST);
  pool.give(buffer);
  is(pool.take(MOST - 1024), buffer);
});

test.run();
