/** @file What asks a run to end: each does so once, and says which it was. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Interruption, interruptedStatus, onInterrupt } from '../../packages/cli/src/terminal/interrupt.ts';

const test = suite('what ends a run');
const EVENTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });

for (const event of EVENTS) {
  test(`${event} asks once, however often it comes at once`, () => {
    const asked: Interruption[] = [];
    const release = onInterrupt((why) => asked.push(why));
    process.emit(event);
    process.emit(event);
    release();
    assert.equal(asked, [event]);
    assert.is(process.listenerCount(event), 0);
  });
}

for (const name of ['stdout', 'stderr'] as const) {
  test(`a closed pipe at ${name} asks too, and is no error of the program`, () => {
    const asked: Interruption[] = [];
    const release = onInterrupt((why) => asked.push(why));
    process[name].emit('error', gone);
    process[name].emit('error', gone);
    process.emit('SIGHUP'); // what closed the pipe may be the terminal
    release();
    assert.equal(asked, ['SIGPIPE']);
    assert.is(process[name].listenerCount('error'), 0);
  });
}

test('a second Ctrl-C ends the process, but not the one that npm passes on after the terminal', () => {
  const { exit } = process;
  const { now } = performance;
  const statuses: unknown[] = [];
  let time = 0;
  performance.now = () => time;
  process.exit = ((status: number) => statuses.push(status)) as never;
  try {
    const release = onInterrupt(() => {});
    process.emit('SIGINT');
    time = 500;
    process.emit('SIGINT');
    assert.equal(statuses, []);
    time = 2000;
    process.emit('SIGHUP');
    assert.equal(statuses, [], 'shells send it twice');
    process.emit('SIGINT');
    release();
    assert.equal(statuses, [130]);
  } finally {
    process.exit = exit;
    performance.now = now;
  }
});

/**
 * The status of a process that prints until it is asked to end, and whose output nobody reads beyond the first line.
 */
function statusWithoutReader(setUp: string): Promise<number | null> {
  const module = new URL('../../packages/cli/src/terminal/interrupt.ts', import.meta.url).href;
  const program = `
    import { endWithoutReader, interruptedStatus, onInterrupt, outliveReader } from '${module}';
    endWithoutReader();
    ${setUp}
    setInterval(() => console.log('step'), 5);
  `;
  const code = ['--import', './scripts/register.mjs', '--input-type=module', '-e', program];
  const child = spawn(process.execPath, code, { cwd: fileURLToPath(new URL('../..', import.meta.url)) });
  child.stdout.once('data', () => child.stdout.destroy());
  return new Promise((resolve) => child.on('close', resolve));
}

test('a process whose reader goes away ends quietly, or does what it has to before', async () => {
  assert.is(await statusWithoutReader(''), 141);
  const saving = `
    outliveReader();
    console.log('computing');
    setTimeout(() => onInterrupt((why) => process.exit(why === 'SIGPIPE' ? 77 : 1)), 200);
  `;
  assert.is(await statusWithoutReader(saving), 77);
});

test('the status of a process is that of shells', () => {
  const all = ['SIGHUP', 'SIGINT', 'SIGPIPE', 'SIGTERM'] as const;
  assert.equal(all.map(interruptedStatus), [129, 130, 141, 143]);
});

test.run();
