/** @file Where recorded steps lay their buffers, on a pool without a device. */
import { GpuBuffer } from '@visage/gpu';
import { test } from 'uvu';
import { is, ok, throws } from 'uvu/assert';
import type { Command } from '../../packages/gpu/src/launch/commands.ts';
import { Trials } from '../../packages/gpu/src/launch/trials.ts';
import type { Lifetime } from '../../packages/gpu/src/memory/arena.ts';
import { BufferPool } from '../../packages/gpu/src/memory/pool.ts';
import { Workspace, type WorkspacePlan } from '../../packages/gpu/src/memory/workspace.ts';
import { ConstantStore } from '../../packages/gpu/src/record/hoistConstants.ts';
import { Trace } from '../../packages/gpu/src/record/trace.ts';
import { hostRandom } from '../helpers/random.ts';

const ALIGNMENT = 256;
const MOST = 2 ** 20;

function makeWorkspace() {
  const limits = {
    minStorageBufferOffsetAlignment: ALIGNMENT,
    maxStorageBufferBindingSize: MOST,
    maxBufferSize: 2 * MOST,
  };
  const createBuffer = ({ size }: { size: number }) => ({ size });
  const scopes = { pushErrorScope() {}, popErrorScope: async () => null };
  const device = { limits, createBuffer, ...scopes } as unknown as GPUDevice; // all of a device that they use
  const pool = new BufferPool(device);
  return { pool, workspace: new Workspace(device, pool), constants: new ConstantStore(new Trials(device, pool), pool) };
}

type Wish = readonly [bytes: number, first: number, last: number];

/** Buffers with lifetimes, in order; `conflicting` names pairs by their numbers. */
function lifetimesOf(wishes: readonly Wish[], conflicting: readonly (readonly [number, number])[] = []) {
  const buffers = wishes.map(([bytes]) => new GpuBuffer(bytes));
  const others = buffers.map(() => new Set<GpuBuffer>());
  for (const [a, b] of conflicting) {
    others[a]!.add(buffers[b]!);
    others[b]!.add(buffers[a]!);
  }
  const lifetimes = new Map<GpuBuffer, Lifetime>(
    buffers.map((buffer, k) => [buffer, { first: wishes[k]![1], last: wishes[k]![2], conflicts: others[k]! }]),
  );
  return { buffers, lifetimes };
}

const sizeOf = ({ blocks }: WorkspacePlan) => blocks.reduce((sum, { memory }) => sum + memory.size, 0);

test('no two buffers meet in time and space, and those that a kernel both reads and writes lie in different memory', () => {
  const random = hostRandom(7);
  const below = (n: number) => Math.floor(random.uniform() * n);
  const wishes = Array.from({ length: 300 }, (): Wish => {
    const first = below(200);
    return [4 * (1 + below(20_000)), first, first + below(40)];
  });
  const pairs = Array.from({ length: 300 }, () => [below(300), below(300)] as const).filter(([a, b]) => a !== b);
  const { buffers, lifetimes } = lifetimesOf(wishes, pairs);
  const { workspace } = makeWorkspace();
  const { placements } = workspace.plan(lifetimes);
  for (const [a, one] of buffers.entries()) {
    const mine = placements.get(one)!;
    const { first, last, conflicts } = lifetimes.get(one)!;
    is(mine.offset % ALIGNMENT, 0);
    ok(mine.offset + one.bytes <= mine.memory.size, `buffer ${a} ends inside its memory`);
    for (const [b, other] of buffers.entries()) {
      const theirs = placements.get(other)!;
      if (a === b || mine.memory !== theirs.memory) continue;
      ok(!conflicts.has(other), `${a} and ${b} conflict`);
      const { first: begin, last: end } = lifetimes.get(other)!;
      const meet = first <= end && begin <= last;
      const overlap = mine.offset < theirs.offset + other.bytes && theirs.offset < mine.offset + one.bytes;
      ok(!(meet && overlap), `${a} and ${b} meet`);
    }
  }
});

test('small buffers lie side by side where a large one was', () => {
  const { workspace } = makeWorkspace();
  const { lifetimes } = lifetimesOf([
    [4096, 0, 1],
    [2048, 2, 5],
    [1024, 3, 5],
    [1024, 2, 4],
  ]);
  is(sizeOf(workspace.plan(lifetimes)), 4096);
});

test('a second step takes the blocks of the first; each is given back when no step uses it', () => {
  const { pool, workspace } = makeWorkspace();
  const large = workspace.plan(lifetimesOf([[8192, 0, 2] as const, [4096, 1, 3] as const]).lifetimes);
  const live = pool.use.live;
  is(live, 8192 + 4096);
  const small = workspace.plan(lifetimesOf([[4000, 0, 1] as const]).lifetimes);
  is(pool.use.live, live);
  is(sizeOf(small), 4096, 'the smaller one');
  workspace.release(large.blocks);
  is(pool.use.live, 4096);
  const wide = workspace.plan(lifetimesOf([[8192, 0, 1] as const, [4096, 1, 2] as const]).lifetimes);
  is(pool.use.live, live);
  for (const { blocks } of [small, wide]) workspace.release(blocks);
  is(pool.use.live, 0);
});

test('what does not fit on the device leaves nothing behind', () => {
  const { pool, workspace } = makeWorkspace();
  const { lifetimes } = lifetimesOf([
    [1024, 0, 1],
    [MOST + 4, 0, 1],
  ]);
  throws(() => workspace.plan(lifetimes), /at most 1.0 MiB/);
  is(pool.use.live, 0);
});

test('a constant with two results, the second of which does not fit, leaves nothing behind', () => {
  const { pool, constants } = makeWorkspace();
  const trace = new Trace();
  const buffers = [new GpuBuffer(1024), new GpuBuffer(MOST + 4)];
  for (const buffer of buffers) trace.virtual.add(buffer);
  const pipeline = { id: 1, name: 'two fills', writes: [true, true] } as unknown as Command['pipeline'];
  trace.add({ pipeline, program: { name: 'two fills', parts: [] }, buffers, grid: [1, 1, 1], flops: 0 });
  throws(() => constants.hoist(trace, new Set()), /at most 1.0 MiB/);
  is(pool.use.live, 0);
  is(constants.bytes, 0);
});

test.run();
