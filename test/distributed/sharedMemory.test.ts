/** @file Memory that several processes see, and messages that stay in it. Needs Linux, but no MPI. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Transport } from '@visage/distributed';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyOn } from '../../packages/distributed/src/mpi/copy.ts';
import { type Koffi, loadKoffi } from '../../packages/distributed/src/mpi/library.ts';
import { type Block, SharedMemory } from '../../packages/distributed/src/mpi/sharedMemory.ts';
import { SharedMessages } from '../../packages/distributed/src/mpi/sharedMessages.ts';
import { shareMemory } from '../../packages/distributed/src/mpi/sharing.ts';
import { hub } from './hub.ts';

type Ranks = Pick<Transport, 'rank' | 'gather'>;

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

test('koffi is loaded once, because it refuses its configuration when it has loaded a library', async () => {
  assert.is(await loadKoffi(), koffi);
});

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

test('a large copy, which several threads make, has every byte in its place', async () => {
  const bytes = 7_000_001; // three pieces, none of them even
  const from = Uint8Array.from({ length: bytes }, (_, k) => (k * 7 + (k >> 11)) & 255);
  const block = memory.make(bytes);
  await copy(block.address, from, bytes);
  const same = Buffer.compare(await content(block), from) === 0;
  assert.ok(same);
  const beside = new Uint8Array(bytes + 2);
  await copy(beside.subarray(1, bytes + 1), from, bytes);
  assert.equal([beside[0], beside.at(-1)], [0, 0]);
  assert.is(Buffer.compare(beside.subarray(1, bytes + 1), from), 0);
  memory.free(block);
});

/** How many descriptors this process has. */
const descriptors = (): number => readdirSync('/proc/self/fd').length;

test('ranks find out together whether they can share memory', async () => {
  const before = descriptors();
  const outcomes = async (
    change: (rank: number, ranks: Ranks) => Partial<Ranks & { library: Koffi; wanted: boolean }>,
  ) => {
    const asked = hub(3).map((transport) => {
      const ranks = { rank: transport.rank, gather: <T>(value: T) => transport.gather(value) };
      const { library = koffi, wanted = true, ...rest } = change(transport.rank, ranks);
      return shareMemory(library, copy, { ...ranks, ...rest }, wanted).then(
        () => 'shared',
        (cause: Error) => cause.message,
      );
    });
    return [...new Set(await Promise.all(asked))];
  };
  assert.equal(await outcomes(() => ({})), ['shared']);
  assert.equal(await outcomes((rank) => ({ wanted: rank !== 1 })), ['rank 1: it is not to share memory']);
  const none = { ...koffi, load: () => ({ ...koffi.load(null), func: () => assert.unreachable('no memfd_create') }) };
  assert.equal(await outcomes((rank) => (rank === 2 ? { library: none as unknown as Koffi } : {})), [
    'rank 2: no memfd_create',
  ]);
  // Rank 0 finds another block than the one that rank 2 tells of, as where numbers of processes mean others.
  const confused =
    (ranks: Ranks) =>
    async <T>(value: T) => {
      const all = await ranks.gather(value as unknown as { token?: string } | null);
      return all.map((each, rank) => (each?.token && rank === 2 ? { ...each, token: 'f00' } : each)) as T[];
    };
  assert.equal(await outcomes((rank, ranks) => (rank === 0 ? { gather: confused(ranks) } : {})), [
    `rank 0: process ${process.pid} is not that of rank 2 here`,
  ]);
  assert.is(seen(), 0);
  assert.is(descriptors(), before);
});

/** What makes the messages of three ranks that are all in this process. @param gate what their barriers wait for. */
const threeRanks = (gate?: Promise<unknown>): SharedMessages[] =>
  hub(3).map((transport) => {
    const ranks = {
      rank: transport.rank,
      ranks: 3,
      exchangeParts: () => Promise.reject(new Error('MPI is to carry nothing')),
      gatherBytes: async (_: number, ready: Promise<unknown>, own: Uint8Array | Int32Array, all: typeof own) => {
        await ready;
        all.set((await transport.gather([...own])).flat());
      },
      barrier: async (_: number, ready: Promise<unknown>) => {
        await ready;
        await transport.gather(0);
        await gate;
      },
    };
    return new SharedMessages(ranks, copy, memory);
  });

for (const kind of ['allToAll', 'allGather'] as const)
  test(`${kind}: every rank takes what the others put, in the order of the ranks`, async () => {
    const before = descriptors();
    const messages = threeRanks().map((ranks) => ranks[kind](1000));
    // Byte 10 a + b: what rank a sends to the b-th of the other ranks, or to all of them.
    const parts = (bytes: readonly number[]) => Uint8Array.from(bytes.flatMap((each) => Array(1000).fill(each)));
    const sent = [0, 1, 2].map((a) => parts(kind === 'allToAll' ? [10 * a, 10 * a + 1] : [10 * a]));
    const expected = { allToAll: [10, 20, 0, 21, 1, 11], allGather: [10, 20, 0, 20, 0, 10] }[kind];
    for (let round = 0; round < 2; round++) {
      await Promise.all(messages.map((message, rank) => message.put(sent[rank] as Uint8Array)));
      await Promise.all(messages.map((message) => message.carry(0, Promise.resolve())));
      for (const [rank, message] of messages.entries()) {
        const taken = new Uint8Array(2000);
        await message.take(taken);
        assert.equal(taken, parts(expected.slice(2 * rank, 2 * rank + 2)), `rank ${rank}`);
      }
    }
    for (const use of ['put', 'take'] as const) {
      const refused = await messages[0]?.[use](new Uint8Array(999)).catch((cause: Error) => cause.message);
      assert.match(`${refused}`, /memcpy: (from|to) is 999 bytes, expected [12]000/);
    }
    assert.is(seen(), 9, 'each rank sees its own block and those of the others');
    assert.is(descriptors(), before, 'nobody else can open them any more');
    for (const message of messages) message.dispose();
    await new Promise(setImmediate);
    assert.is(seen(), 0);
  });

test('memory is freed when nothing copies any more, and then not used', async () => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const messages = threeRanks(gate).map((ranks) => ranks.allGather(2 ** 26));
  const [from, to] = [new Uint8Array(2 ** 26).fill(7), new Uint8Array(2 ** 27)];
  const copies = Promise.all(messages.flatMap((message) => [message.put(from), message.take(to)]));
  for (const message of messages) message.dispose();
  open();
  await copies;
  await new Promise(setImmediate);
  assert.is(seen(), 0);
  for (const use of [() => messages[0]?.put(from), () => messages[0]?.take(to)]) {
    let message = '';
    await use()?.catch((cause: Error) => {
      message = cause.message;
    });
    assert.match(message, /is disposed of/);
  }
});

all.run();
