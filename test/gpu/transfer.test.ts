/** @file Transfers between host and device: bytes, order, views that cannot leak, bounded memory, failures. */
import {
  ArgumentError,
  OutOfMemoryError,
  readInPlace,
  recycle,
  takeSnapshot,
  uploadRoom,
  VisageError,
  writeInPlace,
} from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import { tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { Transfers } from '../../packages/gpu/src/transfer/transfers.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('transfers', { deterministic: true, profile: 'browser' });

const MIB = 2 ** 20;
const pattern = (bytes: number, seed: number) =>
  Uint8Array.from({ length: bytes }, (_, k) => (k * 31 + seed * 7) % 251);
const bytesOf = async (buffer: Parameters<typeof gpu.read>[0]) => new Uint8Array(await gpu.read(buffer));
const messageOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: Error) => error.message,
  );

test('bytes of any length come back as they went up, by every way', async () => {
  for (const bytes of [1, 4, 4099, 128 * 1024, 128 * 1024 + 3, MIB + 1, 3 * MIB]) {
    for (let seed = 0; seed < 3; seed++) {
      const data = pattern(bytes, seed);
      const written = gpu.alloc(bytes);
      gpu.write(written, data);
      assert.ok(Buffer.compare((await bytesOf(written)).subarray(0, bytes), data) === 0, `${bytes} bytes, write`);
      const filled = gpu.alloc(bytes);
      await writeInPlace(gpu, filled, (into) => into.set(data));
      const same = await readInPlace(gpu, filled, (from) => Buffer.compare(from.subarray(0, bytes), data) === 0);
      assert.ok(same, `${bytes} bytes, in place`);
      for (const each of [written, filled]) gpu.release(each);
    }
  }
});

test('bytes behind the last word of a buffer become zero, also in a kept staging', async () => {
  const bytes = 256 * 1024;
  const buffer = gpu.upload(new Uint8Array(bytes).fill(255));
  await gpu.sync();
  await uploadRoom(gpu, 0);
  gpu.write(buffer, new Uint8Array(bytes - 3).fill(9));
  assert.equal([...(await bytesOf(buffer)).subarray(bytes - 5)], [9, 9, 0, 0, 0]);
  gpu.release(buffer);
});

test('reads and writes that are not waited for happen in the order in which they were issued', async () => {
  const bytes = 512 * 1024;
  const buffer = gpu.alloc(bytes);
  const order = { copied: [] as number[], inPlace: [] as number[] };
  const reads = Array.from({ length: 12 }, (_, k) => {
    gpu.write(buffer, pattern(bytes, k));
    const inPlace = k % 2 === 1;
    const read = inPlace ? readInPlace(gpu, buffer, (view) => view.slice()) : bytesOf(buffer);
    return read.then((value) => {
      order[inPlace ? 'inPlace' : 'copied'].push(k);
      return value;
    });
  });
  for (const [k, read] of (await Promise.all(reads)).entries())
    assert.ok(Buffer.compare(read, pattern(bytes, k)) === 0, `read ${k}`);
  assert.equal(order, { copied: [0, 2, 4, 6, 8, 10], inPlace: [1, 3, 5, 7, 9, 11] });
  gpu.release(buffer);
});

test('views are empty when the callback is over, whatever way it ends', async () => {
  const buffer = gpu.upload(pattern(MIB, 1));
  const leaked: Uint8Array[] = [];
  const leak = (view: Uint8Array) => {
    leaked.push(view);
    assert.is(view.length, MIB);
  };
  const fail = (view: Uint8Array) => {
    leak(view);
    throw new Error('on purpose');
  };
  const later = async (view: Uint8Array) => {
    leak(view);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.is(view.length, MIB, 'valid until the promise settles');
  };
  await readInPlace(gpu, buffer, leak);
  await readInPlace(gpu, buffer, later);
  await writeInPlace(gpu, buffer, (view) => {
    leak(view);
    view.set(pattern(MIB, 2));
  });
  assert.is(await messageOf(readInPlace(gpu, buffer, fail)), 'on purpose');
  assert.is(await messageOf(writeInPlace(gpu, buffer, fail)), 'on purpose');
  assert.is(await messageOf(writeInPlace(gpu, buffer, async (view) => fail(view.fill(0)))), 'on purpose');
  assert.equal(
    leaked.map(({ length }) => length),
    [0, 0, 0, 0, 0, 0],
  );
  assert.ok(Buffer.compare(await bytesOf(buffer), pattern(MIB, 2)) === 0, 'a callback that throws writes nothing');
  gpu.release(buffer);
});

test('a launch sees what was in place before it, and a tensor in place its own elements', async () => {
  const x = tensor(Uint8Array.of(1, 2, 3, 4, 5), [5]);
  await x.writeInPlace((values) => values.set([5, 6, 7, 8, 9]));
  assert.equal(await x.readInPlace((values) => [...values]), [5, 6, 7, 8, 9]);
  const y = tensor(new Float32Array(4), [4]);
  const before = y.add(1);
  const writing = y.writeInPlace((values) => values.set([1, 2, 3, 4]));
  assert.equal([...(await before.data())], [1, 1, 1, 1]);
  await writing;
  assert.equal([...(await y.add(1).data())], [2, 3, 4, 5]);
});

test('an array that is given back is detached, and the next readback of its size has its memory', async () => {
  const buffer = gpu.upload(pattern(MIB, 3));
  const first = await gpu.read(buffer);
  const view = new Uint8Array(first);
  recycle(gpu, first);
  assert.is(view.length, 0);
  const kept = gpu.transferMemory.kept;
  const second = await gpu.read(buffer);
  assert.is(gpu.transferMemory.kept, kept - MIB);
  assert.ok(Buffer.compare(new Uint8Array(second), pattern(MIB, 3)) === 0);
  assert.throws(
    () => recycle(gpu, view as unknown as ArrayBuffer),
    (error: Error) => error instanceof ArgumentError,
  );
  gpu.release(buffer);
});

test('what is kept is bounded, is used again, and is given back when idle', async () => {
  const most = 4 * MIB;
  const transfers = new Transfers(gpu, { most, idleMs: 150 });
  const buffers = [1, 2, 3, 5].map((mebibytes) => gpu.alloc(mebibytes * MIB));
  let created = 0;
  const { device } = gpu;
  const createBuffer = device.createBuffer;
  device.createBuffer = function (descriptor) {
    created++;
    return createBuffer.call(this, descriptor);
  };
  try {
    for (let round = 0; round < 8; round++) {
      for (const [k, buffer] of buffers.entries()) {
        const data = pattern(buffer.bytes, k + round);
        transfers.write(buffer, data);
        const read = await transfers.read(buffer);
        assert.ok(Buffer.compare(new Uint8Array(read), data) === 0);
        transfers.recycle(read);
        await transfers.uploads.room(0);
        assert.ok(transfers.use.kept <= 3 * most, `${transfers.use.kept} bytes are kept`);
        assert.is(transfers.use.inUse, 0);
      }
    }
    const small = buffers[0]!;
    const repeat = async () => {
      transfers.write(small, pattern(MIB, 1));
      await transfers.read(small);
      await transfers.uploads.room(0);
    };
    await repeat();
    created = 0;
    for (let k = 0; k < 5; k++) await repeat();
    assert.is(created, 0, 'a loop of equal transfers makes no buffer');
    assert.ok(transfers.use.kept > 0);
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.is(transfers.use.kept, 0);
    await repeat();
    transfers.close();
    assert.is(transfers.use.kept, 0);
  } finally {
    device.createBuffer = createBuffer;
    for (const buffer of buffers) gpu.release(buffer);
  }
});

test('a loop that uploads for ever stays flat in memory', async () => {
  const [bytes, rounds] = [8 * MIB, 60];
  const data = pattern(bytes, 5);
  const buffer = gpu.alloc(bytes);
  const loop = async () => {
    for (let k = 0; k < rounds; k++) {
      gpu.write(buffer, data);
      await uploadRoom(gpu, 2 * bytes);
      assert.ok(gpu.transferMemory.inUse <= 4 * bytes, `${gpu.transferMemory.inUse} bytes on their way`);
    }
    await gpu.sync();
    return process.memoryUsage().rss;
  };
  const before = await loop();
  const after = await loop();
  assert.ok(after - before < 100 * MIB, `${(after - before) / MIB} MiB more after ${(rounds * bytes) / MIB} MiB`);
  gpu.release(buffer);
});

test('writes beyond the bound arrive too', async () => {
  const transfers = new Transfers(gpu, { most: MIB });
  const buffers = Array.from({ length: 6 }, () => gpu.alloc(MIB));
  for (const [k, buffer] of buffers.entries()) transfers.write(buffer, pattern(MIB, k));
  assert.ok(transfers.use.inUse <= MIB);
  const fills = buffers.map((buffer, k) =>
    transfers.fill(
      buffer,
      (into) => new Uint8Array(into, 0, 8).fill(k),
      () => {},
    ),
  );
  await Promise.all(fills);
  for (const [k, buffer] of buffers.entries()) assert.equal([...(await bytesOf(buffer))].slice(0, 8), Array(8).fill(k));
  transfers.close();
  for (const buffer of buffers) gpu.release(buffer);
});

test('a snapshot has the content of its moment, and no memory for one harms nothing else', async () => {
  const buffers = [gpu.upload(pattern(MIB, 1)), gpu.upload(pattern(12, 2))];
  const taking = takeSnapshot(gpu, buffers);
  for (const buffer of buffers) gpu.write(buffer, new Uint8Array(buffer.bytes));
  const snapshot = await taking;
  for (const [k, part] of snapshot.parts.entries())
    assert.ok(Buffer.compare(await bytesOf(part), pattern(part.bytes, k + 1)) === 0);
  snapshot.dispose();
  assert.match(await messageOf(gpu.read(snapshot.parts[0]!)), /was freed/);

  const { device } = gpu;
  const { createBuffer } = device;
  device.createBuffer = function (descriptor) {
    return createBuffer.call(this, { ...descriptor, size: 2 ** 50 }); // more than there is
  };
  const refused = await takeSnapshot(gpu, buffers).then(
    () => undefined,
    (error: unknown) => error,
  );
  device.createBuffer = createBuffer;
  assert.instance(refused, OutOfMemoryError);
  await gpu.sync(); // nothing else failed
  assert.ok((await bytesOf(buffers[0]!)).every((byte) => byte === 0));
  for (const buffer of buffers) gpu.release(buffer);
});

test('what cannot be transferred is refused by name', async () => {
  const freed = gpu.alloc(4);
  gpu.release(freed);
  assert.match(await messageOf(readInPlace(gpu, freed, () => 0)), /^readInPlace: the tensor was freed/);
  assert.match(await messageOf(writeInPlace(gpu, freed, () => 0)), /^writeInPlace: the buffer has no memory/);
  const going = gpu.alloc(MIB);
  const writing = writeInPlace(gpu, going, () => gpu.release(going));
  assert.match(await messageOf(writing), /^writeInPlace: the buffer has no memory/);
});

test('a lost device ends every transfer with its error', async () => {
  const other = await startGpu({ deterministic: true });
  const buffer = other.upload(pattern(MIB, 1));
  const ways = [
    other.read(buffer),
    readInPlace(other, buffer, () => 0),
    writeInPlace(other, buffer, () => new Promise((resolve) => setTimeout(resolve, 50))),
  ].map((way) =>
    way.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  other.destroy();
  for (const error of await Promise.all(ways)) {
    assert.ok(error instanceof VisageError, String(error));
    assert.match((error as Error).message, /destroyed/);
  }
  assert.match(await messageOf(readInPlace(other, buffer, () => 0)), /destroyed/);
  assert.is(other.transferMemory.kept, 0);
});

test.run();
