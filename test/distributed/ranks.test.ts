/** @file What needs no MPI: which device a rank takes, what a launcher says, how tensors are cut into buckets. */
import { chosenGpus, type RankDevice, rankEnvironment, refuseSharedGpus } from '@visage/distributed';
import { ChangedPairs, noPictureChanges, type PairKind, ProceduralPairs } from '@visage/simswap';
import * as assert from 'uvu/assert';
import { cutBuckets } from '../../packages/distributed/src/exchange/cut.ts';
import { findLauncher } from '../../packages/distributed/src/launch/launcher.ts';
import { hangSecondsIn, lanesIn, sharesMemoryIn } from '../../packages/distributed/src/ranks/environment.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('ranks');

test('two ranks on one GPU are refused by name', () => {
  const gpu = (host: string, uuid?: string): RankDevice => ({ host, software: false, ...(uuid && { uuid }) });
  const apart = [gpu('a', 'GPU-1'), gpu('a', 'GPU-2'), gpu('b', 'GPU-3')];
  assert.is(refuseSharedGpus(apart, {}), undefined);
  assert.throws(() => refuseSharedGpus([...apart, gpu('a', 'GPU-2')], {}), /ranks 1 and 3 both compute on GPU-2 of a/);
  assert.match(refuseSharedGpus([gpu('a'), gpu('a')], {}) ?? '', /ranks of a compute on cannot be told/);
  assert.is(refuseSharedGpus([gpu('a'), gpu('b')], {}), undefined, 'one rank on a host');
});

test('ranks share a software adapter only where that is asked for', () => {
  const software = (host: string): RankDevice => ({ host, software: true });
  assert.throws(() => refuseSharedGpus([software('a'), software('a')], {}), /ranks 0 and 1 .* VISAGE_SHARE_SOFTWARE=1/);
  assert.is(refuseSharedGpus([software('a'), software('a')], { VISAGE_SHARE_SOFTWARE: '1' }), undefined);
  assert.is(refuseSharedGpus([software('a'), software('b')], {}), undefined);
});

test('GPUs are chosen by number or by UUID', () => {
  const gpus = [
    { pci: '0000:07:00.0', uuid: 'GPU-aa' },
    { pci: '0000:41:00.0', uuid: 'GPU-bb' },
  ];
  assert.equal(chosenGpus(gpus, {}), gpus);
  assert.equal(chosenGpus(gpus, { CUDA_VISIBLE_DEVICES: '1,0' }), [gpus[1], gpus[0]]);
  assert.equal(chosenGpus(gpus, { CUDA_VISIBLE_DEVICES: 'GPU-bb' }), [gpus[1]]);
  assert.equal(chosenGpus(gpus, { VISAGE_GPUS: '0', CUDA_VISIBLE_DEVICES: '1' }), [gpus[0]]);
  assert.throws(
    () => chosenGpus(gpus, { VISAGE_GPUS: '2' }),
    /VISAGE_GPUS=2: there is no GPU 2; this host has 0 \(0000:07/,
  );
});

test('every launcher says who a rank is', () => {
  assert.is(rankEnvironment({}), undefined);
  assert.is(rankEnvironment({ SLURM_NTASKS: '4', SLURM_PROCID: '0' }), undefined, 'the script around srun is no rank');
  const ompi = { OMPI_COMM_WORLD_SIZE: '4', OMPI_COMM_WORLD_RANK: '3', OMPI_COMM_WORLD_LOCAL_RANK: '1' };
  assert.equal(rankEnvironment(ompi), { launcher: 'Open MPI', rank: 3, ranks: 4, localRank: 1 });
  assert.equal(rankEnvironment({ PMI_SIZE: '2', PMI_RANK: '1' }), { launcher: 'MPICH', rank: 1, ranks: 2 });
  const slurm = { SLURM_STEP_NUM_TASKS: '8', SLURM_PROCID: '5', SLURM_LOCALID: '1' };
  assert.equal(rankEnvironment(slurm), { launcher: 'Slurm', rank: 5, ranks: 8, localRank: 1 });
});

test('a launcher that is missing, and numbers that are none, are told with what to do', () => {
  assert.throws(
    () => findLauncher({ ...process.env, VISAGE_MPIRUN: 'no-such-mpirun' }),
    /no-such-mpirun cannot be started.*install it with: apt-get install openmpi-bin/,
  );
  assert.is(lanesIn({}), 4);
  assert.throws(() => lanesIn({ VISAGE_LANES: 'many' }), /VISAGE_LANES is NaN/);
  assert.equal([{}, { VISAGE_SHARED_MEMORY: '1' }, { VISAGE_SHARED_MEMORY: '0' }].map(sharesMemoryIn), [
    true,
    true,
    false,
  ]);
  assert.throws(() => sharesMemoryIn({ VISAGE_SHARED_MEMORY: 'no' }), /VISAGE_SHARED_MEMORY is no, expected 0 or 1/);
  assert.throws(() => hangSecondsIn({ VISAGE_HANG_SECONDS: '-1' }), /VISAGE_HANG_SECONDS is -1/);
});

test('buckets follow the step, none is larger than allowed but by a single tensor, and the last ones are small', () => {
  const cut = (sizes: readonly number[], ready: readonly number[]) =>
    cutBuckets(
      sizes.map((bytes, k) => ({ bytes, ready: ready[k] as number })),
      100,
    );
  assert.equal(cut([40, 30, 30, 500, 1], [9, 2, 5, 7, 7]), [
    { items: [1, 2], ready: 5 },
    { items: [3], ready: 7 },
    { items: [4], ready: 7 },
    { items: [0], ready: 9 },
  ]);
  const tens = Array(14).fill(10);
  assert.equal(cut(tens, [...tens.keys()]), [
    { items: [0, 1, 2, 3], ready: 3 },
    ...[4, 6, 8, 10, 12].map((k) => ({ items: [k, k + 1], ready: k + 1 })),
  ]);
});

test('the rows of the ranks are those of one device with the whole batch', async () => {
  const source = (batchSize: number, rank = 0, ranks = 1) => {
    const options = { imageSize: 32, identities: 40, level: 'L0' as const, seed: 4 };
    const pairs = new ProceduralPairs({ ...options, batchSize, shard: { rank, ranks } });
    const changes = { ...noPictureChanges, flip: 0.5, color: { probability: 0.5, strength: 0.3 } };
    return { pairs, changed: new ChangedPairs(pairs, changes, 9) };
  };
  const whole = source(6);
  const parts = [0, 1, 2].map((rank) => source(2, rank, 3));
  const kinds: readonly PairKind[] = ['same', 'cross', 'shuffled'];
  for (const [step, kind] of kinds.entries()) {
    for (const { changed } of [whole, ...parts]) await changed.load(kind, step);
    for (const side of ['target', 'source'] as const) {
      const pixels = await whole.changed.images(kind)[side].floats();
      const own = await Promise.all(parts.map(({ changed }) => changed.images(kind)[side].floats()));
      assert.equal(Float32Array.from(own.flatMap((part) => [...part])), pixels, `${kind}, ${side}`);
    }
  }
  for (const { pairs, changed } of [whole, ...parts]) for (const each of [pairs, changed]) each.dispose();
});

test.run();
