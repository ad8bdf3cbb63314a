/** @file Ranks that are killed at any moment: one message, and the checkpoint as it was. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostRandom } from '@visage/nn';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { installedLaunchers, type Launcher } from './job.ts';
import { assertNamed, Started, savedStep } from './started.ts';

const test = suite('ranks that are killed');
const launchers = installedLaunchers();
const needsMpi = launchers.length > 0 ? test : test.skip;
const folder = mkdtempSync(join(tmpdir(), 'visage-ranks-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const KILLS = 10;
const random = new HostRandom(5);
const uniform = (): number => random.uniform(1)[0] as number;
const launcherOf = (k: number) => launchers[k % launchers.length] as Launcher;
const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

needsMpi(`${KILLS} times a rank is killed at a random moment`, async () => {
  const out = join(folder, 'killed');
  const steps = '100000';
  for (let k = 0; k < KILLS; k++) {
    // Each library in turn, with shared memory and without.
    const started = new Started(launcherOf(k), [out, steps], { VISAGE_SHARED_MEMORY: k % 4 < 2 ? '1' : '0' });
    const rank = Math.floor(2 * uniform());
    const pid = await started.processOf(rank);
    // The first run must leave a checkpoint; later ones are killed at any time.
    if (k === 0) await started.said(/kernels per step/);
    await sleep(3 * uniform() + (k === 0 ? 4 : 0));
    const from = performance.now();
    process.kill(pid, 'SIGKILL');
    const ended = await started.ended;
    assert.ok((performance.now() - from) / 1000 < 90);
    assert.is.not(ended.status, 0);
    assertNamed(ended, rank, /died, so all ranks ended.* --resume/);
    assert.ok(savedStep(out) > 0);
  }
  const last = savedStep(out);
  const { status, output } = await new Started(launcherOf(0), [out, String(last + 2)]).ended;
  assert.is(status, 0, output);
  assert.is(savedStep(out), last + 2);
});

test.run();
