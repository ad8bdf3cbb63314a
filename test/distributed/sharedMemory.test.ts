/** @file Memory that several processes see, and messages that stay in it. Needs Linux, but no MPI. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Message } from '@visage/distributed';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyOn } from '../../packages/distributed/src/mpi/copy.ts';
import { loadKoffi } from '../../packages/distributed/src/mpi/library.ts';
import { SharedMessage } from '../../packages/distributed/src/mpi/messages.ts';
import { type Block, SharedMemory } from '../../packages/distributed/src/mpi/sharedMemory.ts';

const all = suite('shared memory');
const test = process.platform === 'linux' ? all : all.skip;
const koffi = await loadKoffi();
const copy = copyOn(koffi);
const memory = new SharedMemory(koffi);

/** Blocks that this process sees. */
const seen = (): number =>
  readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes('memfd:visage')).length;

/** What a block holds. */
async function content({ address, bytes }: Block): Promise<Uint8Array> {
  const read = new Uint8Array(bytes);
  await copy(read, address, bytes);
  return read;
}

test('another process sees what this one writes, and writes what this one sees, until it is hidden', async () => {
  const block = memory.make(8);
  const opened = memory.open(block, 8);
  assert.is(seen(), 2);
  assert.equal(await content(opened), new Uint8Array(8));
  await copy(block.address, Uint8Array.of(1, 2, 3), 3);
  const path = `/proc/${block.pid}/fd/${block.descriptor}`;
  const program = `const fs = require('node:fs'); const file = fs.openSync('${path}', 'r+');
    console.log([...fs.readFileSync(file)].join()); fs.writeSync(file, Buffer.from([9]), 0, 1, 7);`;
  assert.is(spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stdout, '1,2,3,0,0,0,0,0\n');
  assert.equal(await content(opened), Uint8Array.of(1, 2, 3, 0, 0, 0, 0, 9));
  memory.hide(block);
  assert.throws(() => memory.open(block, 8), /ENOENT/);
  assert.equal((await content(opened))[7], 9, 'who has opened it keeps it');
  memory.free(block);
  memory.free(opened);
  assert.is(seen(), 0);
});

test('what cannot be had is an error with its reason', () => {
  assert.throws(() => memory.make(2 ** 50), /mmap: ENOMEM/);
  assert.throws(() => memory.open({ pid: 2 ** 30, descriptor: 0 }, 8), /ENOENT/);
  assert.throws(() => memory.make(0), /mmap: EINVAL/);
  assert.is(seen(), 0);
});

/** A message of three ranks, all in this process, whose parts have `part` bytes. */
function threeRanks(part: number, isAllToAll: boolean, opened: Promise<unknown> = Promise.resolve()): Message[] {
  const bytes = isAllToAll ? 2 * part : part;
  const made = [0, 1, 2].map(() => memory.make(bytes));
  const messages = made.map((own, rank) => {
    const others = made.flatMap((block, other) => {
      if (other === rank) return [];
      return [{ block: memory.open(block, bytes), offset: isAllToAll ? part * (rank - (rank > other ? 1 : 0)) : 0 }];
    });
    const blocks = opened.then(() => ({ own, others }));
    return new SharedMessage({ copy, memory, blocks, part, barrier: async (_, ready) => void (await ready) });
  });
  for (const own of made) memory.hide(own);
  return messages;
}

test('every rank takes what the others put, parts in the order of the ranks', async () => {
  for (const isAllToAll of [true, false]) {
    const messages = threeRanks(1000, isAllToAll);
    // Byte 10 a + b: what rank a sends to the b-th of the other ranks.
    const parts = (bytes: readonly number[]) => Uint8Array.from(bytes.flatMap((each) => Array(1000).fill(each)));
    const sent = [0, 1, 2].map((a) => parts(isAllToAll ? [10 * a, 10 * a + 1] : [10 * a]));
    await Promise.all(messages.map((message, rank) => message.put(sent[rank] as Uint8Array)));
    const expected = isAllToAll
      ? [
          [10, 20],
          [0, 21],
          [1, 11],
        ]
      : [
          [10, 20],
          [0, 20],
          [0, 10],
        ];
    for (const [rank, message] of messages.entries()) {
      const taken = new Uint8Array(2000);
      await message.carry(0, Promise.resolve());
      await message.take(taken);
      assert.equal(taken, parts(expected[rank] as number[]), `rank ${rank}`);
    }
    for (const message of messages) message.dispose();
  }
  await new Promise(setImmediate);
  assert.is(seen(), 0);
});

test('memory is freed when nothing copies any more, and then not used', async () => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const [message, ...others] = threeRanks(2 ** 26, false, opened) as [Message, Message, Message];
  const [from, to] = [new Uint8Array(2 ** 26).fill(7), new Uint8Array(2 ** 27)];
  const copies = Promise.all([message.put(from), message.take(to)]);
  for (const each of [message, ...others]) each.dispose();
  assert.ok(seen() > 0, 'its blocks are still being opened, and copied to');
  open();
  await copies;
  await new Promise(setImmediate);
  assert.is(seen(), 0);
  try {
    await message.take(to);
    assert.unreachable('a disposed message was used');
  } catch (cause) {
    assert.match((cause as Error).message, /used after its dispose/);
  }
});

all.run();
