/**
 * Runs test files, each in a process of its own, and sums up: the last line is `N passed, N failed`.
 *
 *     node scripts/test.mjs [word…]      only files whose path contains one of the words
 *
 * A process per file keeps a crashed driver or a lost device from taking other tests along, and gives each file its own
 * device. A file that prints no summary, ends with a non-zero status or exceeds the time limit counts as one failure
 * more.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// Files are slow while no kernel was compiled before: one took more than 600 s on two loaded cores.
const secondsPerFile = Number(process.env.VISAGE_TEST_SECONDS ?? 1200);
// The software adapter already spreads one file over all cores; a second file fills the gaps it leaves.
const filesAtOnce = Math.min(2, availableParallelism());
const running = new Set();

function findTests(words) {
  const files = readdirSync(new URL('../test/', import.meta.url), { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name.split(sep).join('/')}`)
    .sort();
  return words.length === 0 ? files : files.filter((file) => words.some((word) => file.includes(word)));
}

/** Ends a test and what it started (a browser, say): each test leads a process group of its own. */
function endGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Runs one file; resolves to `{ file, output, reason, seconds, passed, failed, skipped }`. */
function runFile(file) {
  return new Promise((resolve) => {
    const started = Date.now();
    const command = ['--import', './scripts/register.mjs', file];
    const child = spawn(process.execPath, command, { cwd: root, detached: true });
    running.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup(child);
    }, secondsPerFile * 1000);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      running.delete(child);
      endGroup(child);
      const reason = timedOut ? `no end after ${secondsPerFile} s` : signal ? `ended by ${signal}` : `status ${status}`;
      resolve({ file, output, reason, seconds: (Date.now() - started) / 1000, ...countTests(output, status) });
    });
  });
}

/** Reads uvu's closing summary; what contradicts it (no summary, bad status beside green tests) is one failure more. */
function countTests(output, status) {
  const sum = (label) =>
    [...output.matchAll(new RegExp(`^ +${label}: +(\\d+)`, 'gm'))].reduce((n, m) => n + Number(m[1]), 0);
  const [total, passed, skipped] = [sum('Total'), sum('Passed'), sum('Skipped')];
  const counted = total - passed;
  const unexplained = (status !== 0 && counted === 0) || total + skipped === 0;
  return { passed, skipped, failed: counted + (unexplained ? 1 : 0) };
}

function report({ file, output, reason, seconds, passed, failed, skipped }) {
  const counts = [
    `${passed} passed`,
    failed ? `${failed} failed (${reason})` : '',
    skipped ? `${skipped} skipped` : '',
  ];
  console.log(`${failed ? 'FAIL' : 'ok  '} ${file}: ${counts.filter(Boolean).join(', ')}, ${seconds.toFixed(1)} s`);
  if (failed) console.log(output.trimEnd().replace(/^/gm, '     | '));
}

async function main() {
  const words = process.argv.slice(2).map((word) => relative('.', word).split(sep).join('/'));
  const files = findTests(words);
  if (files.length === 0) throw new Error(`no test file matches ${words.join(' ')}; they lie in test/**/*.test.ts`);
  const sum = { passed: 0, failed: 0 };
  const started = Date.now();
  const worker = async () => {
    for (let file = files.shift(); file; file = files.shift()) {
      const result = await runFile(file);
      report(result);
      sum.passed += result.passed;
      sum.failed += result.failed;
    }
  };
  await Promise.all(Array.from({ length: filesAtOnce }, worker));
  console.log(`${((Date.now() - started) / 1000).toFixed(0)} s`);
  console.log(`${sum.passed} passed, ${sum.failed} failed`);
  if (sum.failed > 0) process.exitCode = 1;
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    for (const child of running) endGroup(child);
    process.exit(130);
  });
}
await main();
