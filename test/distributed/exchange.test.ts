/** @file Gradients averaged over ranks under both MPI libraries: right to the rounding, the same bits everywhere. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { installedLaunchers, type Launcher, runJob } from './job.ts';

const test = suite('exchange over MPI');
const launchers = installedLaunchers();
const needsMpi = launchers.length > 0 ? test : test.skip;

/** What rank 0 of a job tells. */
async function resultOf<T>(
  launcher: Launcher,
  ranks: number,
  program: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<T> {
  const { status, output } = await runJob(launcher, ranks, program, env);
  assert.is(status, 0, output);
  return JSON.parse((/RESULT (.*)/.exec(output) as RegExpExecArray)[1] as string) as T;
}

interface Halves {
  readonly steps: number;
  readonly compared: number;
  readonly worst: number;
  readonly halvesDiffer: number;
}

interface Steps {
  readonly lanes: number;
  readonly all: readonly { readonly hash: string; readonly losses: readonly number[] }[];
}

for (const launcher of launchers)
  test(`${launcher}: in each of 20 steps two ranks have the mean gradient of the two halves of the batch`, async () => {
    const { steps, compared, worst, halvesDiffer } = await resultOf<Halves>(launcher, 2, ['halves.ts', '20']);
    assert.is(steps, 20);
    assert.ok(compared >= 20 * 40, `${compared} tensors were compared`);
    assert.ok(worst <= 1e-6, `off by ${worst} of the largest element`);
    assert.ok(halvesDiffer > 0.1, 'the halves are of different pictures');
  });

needsMpi('two runs have the same bits, on all ranks and under both libraries', async () => {
  const [first = launchers[0] as Launcher, second = first] = launchers;
  const runs = [
    await resultOf<Steps>(first, 2, ['steps.ts', '4']),
    await resultOf<Steps>(first, 2, ['steps.ts', '4']),
    await resultOf<Steps>(second, 2, ['steps.ts', '4']),
  ];
  const hashes = new Set(runs.flatMap(({ all }) => all.map(({ hash }) => hash)));
  assert.is(hashes.size, 1, [...hashes].join(', '));
  for (const { all } of runs) assert.equal(all[1]?.losses, all[0]?.losses, 'every rank has the mean losses');
});

for (const launcher of launchers)
  test(`${launcher}: three ranks stay replicas, with as many messages at once as there are threads for`, async () => {
    const env = { UV_THREADPOOL_SIZE: '4' };
    const { all, lanes } = await resultOf<Steps>(launcher, 3, ['steps.ts', '3', '1', '4'], env);
    assert.is(lanes, 2);
    assert.is(all.length, 3);
    assert.is(new Set(all.map(({ hash }) => hash)).size, 1);
  });

test.run();
