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
  readonly all: readonly {
    readonly hash: string;
    readonly losses: readonly number[];
    readonly route: string;
    readonly notShared?: string;
    readonly during: Shared;
    readonly after: Shared;
  }[];
}

interface Shared {
  readonly seen: number;
  readonly open: number;
}

/** Arguments of steps.ts by which all ranks send through MPI. */
const BY_MPI = ['1', '1', '0,1,2'];

const routesOf = ({ all }: Steps) => [...new Set(all.map(({ route }) => route))];

for (const launcher of launchers)
  test(`${launcher}: in each of 20 steps two ranks have the mean gradient of the two halves of the batch`, async () => {
    const { steps, compared, worst, halvesDiffer } = await resultOf<Halves>(launcher, 2, ['halves.ts', '20']);
    assert.is(steps, 20);
    assert.ok(compared >= 20 * 40, `${compared} tensors were compared`);
    assert.ok(worst <= 1e-6, `off by ${worst} of the largest element`);
    assert.ok(halvesDiffer > 0.1, 'the halves are of different pictures');
  });

needsMpi(
  'all runs have the same bits: on all ranks, under both libraries, through shared memory and through MPI',
  async () => {
    const [first = launchers[0] as Launcher, second = first] = launchers;
    const through: Record<string, Steps[]> = { 'shared memory': [], MPI: [] };
    for (const launcher of [first, first, second])
      through['shared memory']?.push(await resultOf<Steps>(launcher, 2, ['steps.ts', '4']));
    for (const launcher of [first, second])
      through.MPI?.push(await resultOf<Steps>(launcher, 2, ['steps.ts', '4', ...BY_MPI]));
    for (const [route, runs] of Object.entries(through))
      for (const run of runs) {
        assert.equal(routesOf(run), [route]);
        assert.equal(run.all[1]?.losses, run.all[0]?.losses, 'every rank has the mean losses');
        for (const { during, after } of run.all) {
          assert.is(during.seen > 0, route === 'shared memory');
          assert.is(during.open, 0, 'nobody else can open the memory any more');
          assert.equal(after, { seen: 0, open: 0 }, 'it is freed');
        }
      }
    const hashes = new Set(
      Object.values(through).flatMap((runs) => runs.flatMap(({ all }) => all.map(({ hash }) => hash))),
    );
    assert.is(hashes.size, 1, [...hashes].join(', '));
  },
);

needsMpi('when one rank does not want to share memory, all send through MPI and say why', async () => {
  const run = await resultOf<Steps>(launchers[0] as Launcher, 2, ['steps.ts', '2', '1', '1', '1']);
  assert.equal(routesOf(run), ['MPI']);
  assert.match(run.all[0]?.notShared ?? '', /^rank 1: it is not to share memory/);
  assert.is(run.all[1]?.notShared, undefined, 'it is what this rank was asked for');
  for (const { during } of run.all) assert.equal(during, { seen: 0, open: 0 });
});

for (const launcher of launchers)
  test(`${launcher}: three ranks stay replicas, with as many messages at once as there are threads for`, async () => {
    const env = { UV_THREADPOOL_SIZE: '4' };
    const shared = await resultOf<Steps>(launcher, 3, ['steps.ts', '3', '1', '4'], env);
    const byMpi = await resultOf<Steps>(launcher, 3, ['steps.ts', '3', ...BY_MPI]);
    assert.equal([shared, byMpi].map(routesOf), [['shared memory'], ['MPI']]);
    assert.is(shared.lanes, 2);
    assert.is(shared.all.length, 3);
    assert.is(new Set([...shared.all, ...byMpi.all].map(({ hash }) => hash)).size, 1);
  });

test.run();
