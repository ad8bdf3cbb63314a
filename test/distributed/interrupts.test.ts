/** @file Ranks that stand still, fail or are asked to stop: one message, and the checkpoint as it was. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors } from '@visage/nn';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { installedLaunchers, type Launcher } from './job.ts';
import { assertNamed, Started, savedStep } from './started.ts';

const test = suite('ranks that fail');
const launchers = installedLaunchers();
const needsMpi = launchers.length > 0 ? test : test.skip;
const folder = mkdtempSync(join(tmpdir(), 'visage-ranks-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));
const launcherOf = (k: number) => launchers[k % launchers.length] as Launcher;

// A rank that compiles for the first time stood still for 8 s on two cores with a load of 8.
const HANG_SECONDS = 20;

for (const [k, rank] of [1, 0].entries())
  needsMpi(`rank ${rank} stands still`, async () => {
    const env = { VISAGE_HANG_SECONDS: String(HANG_SECONDS) };
    const started = new Started(launcherOf(k), [join(folder, `still ${k}`), '100000'], env);
    const pid = await started.processOf(rank);
    await started.said(/kernels per step/);
    process.kill(pid, 'SIGSTOP');
    const from = performance.now();
    const ended = await started.ended;
    assert.ok((performance.now() - from) / 1000 < HANG_SECONDS + 30, 'within 90 s when a minute is allowed');
    assert.is.not(ended.status, 0);
    assertNamed(ended, rank, /has made no progress for \d+ s now; all ranks end/);
  });

needsMpi('an error of rank 1 ends all', async () => {
  const ended = await new Started(launcherOf(0), [join(folder, 'failed'), '100', '1', '2']).ended;
  assert.is.not(ended.status, 0);
  assertNamed(ended, 1, /no power/);
});

needsMpi('Ctrl-C saves, and the run goes on with the same bits, whatever carries messages', async () => {
  const [stopped, through] = [join(folder, 'stopped'), join(folder, 'through')];
  const started = new Started(launcherOf(0), [stopped, '8']);
  await started.said(/1\/8 /);
  started.child.kill('SIGINT');
  const { output } = await started.ended;
  assert.match(output, /Stopped after step \d of 8; everything is saved/);
  assert.ok(savedStep(stopped) < 8);
  for (const [out, route] of [
    [stopped, 'MPI'],
    [through, 'shared memory'],
  ] as const) {
    const env = { VISAGE_SHARED_MEMORY: route === 'MPI' ? '0' : '1' };
    const ended = await new Started(launcherOf(1), [out, '8'], env).ended;
    assert.is(ended.status, 0);
    assert.match(ended.output, new RegExp(`^global batch .*, messages through ${route}$`, 'm'));
  }
  const [a, b] = [stopped, through].map((out) => readSafetensors(readFileSync(join(out, 'checkpoint.safetensors'))));
  for (const [name, tensor] of a?.tensors ?? [])
    assert.equal(
      new Uint8Array(tensor.host().buffer),
      new Uint8Array(b?.tensors.get(name)?.host().buffer as ArrayBuffer),
      name,
    );
});

test.run();
