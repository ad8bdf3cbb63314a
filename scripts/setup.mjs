/**
 * Set-up, called first by `npm start` and `npm test`: packages, then a GPU adapter. Needs nothing but Node, says what
 * it does in plain words, says nothing when nothing is missing, and ends with status 1 when it cannot go on.
 *
 *     node scripts/setup.mjs [--dry-run]     --dry-run tells what would be done and does nothing
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installDriver, planAsShell, planForThisMachine } from './setup/driver.mjs';
import { ensurePackages } from './setup/packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const probe = fileURLToPath(new URL('./setup/probe-adapter.mjs', import.meta.url));
const dryRun = process.argv.includes('--dry-run');
const say = (message) => process.stderr.write(`set-up: ${message}\n`);

/** Asks Dawn in a child process; `adapter` is null if there is none, and `said` is what Dawn wrote meanwhile. */
function askForAdapter() {
  const child = spawnSync(process.execPath, [probe], { cwd: root, encoding: 'utf8', timeout: 60_000 });
  const line = child.stdout?.trim().split('\n').at(-1) ?? '';
  const adapter = child.status === 0 && line.startsWith('{') ? JSON.parse(line) : null;
  const ended = child.status === 0 ? '' : `(ended with ${child.signal ?? `status ${child.status}`})`;
  const said = (child.stderr ?? '').split('\n').filter((text) => text.trim() !== '' && !text.startsWith('    at '));
  return { adapter, said: [...said, ended].join(' ').trim() };
}

/** Makes sure that Dawn finds an adapter; installs a software driver where that is possible without asking anybody. */
function ensureAdapter() {
  const first = askForAdapter();
  if (first.adapter) return;
  say('Dawn (the WebGPU implementation for Node) finds no usable GPU and no software driver on this machine.');
  if (first.said) say(`It said: ${first.said}`);
  const plan = planForThisMachine();
  if (plan.hint)
    throw new Error(`This needs a Vulkan driver. What to do:\n\n    ${plan.hint}\n\nThen run the command again.`);
  const shell = planAsShell(plan).join('\n');
  if (dryRun) return say(`Dry run; would install Mesa's software Vulkan driver:\n${shell}`);
  if (process.getuid() !== 0)
    throw new Error(
      `A software driver is one package away, but that takes root. Please run:\n\n${shell}\n\nand then the command again.`,
    );
  say("Installing Mesa's software Vulkan driver (about 150 MB on disk), so that everything runs on the processor.");
  installDriver(plan, say);
  const second = askForAdapter();
  if (!second.adapter)
    throw new Error(`The driver is installed, but Dawn still finds no adapter. It said:\n${second.said}`);
  say(`Ready: ${second.adapter.description}`);
}

try {
  ensurePackages(root, { say, dryRun });
  ensureAdapter();
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
