/**
 * @file Holds the repository to the house rules of `houseRules.ts`. The tables here say which packages and rooms there
 * are, and in which order.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  examplesThatReachInside,
  type Files,
  longFiles,
  nodeInBrowsers,
  type Package,
  packageOrder,
  relativeImportsThatLeave,
  roomOrder,
  sourcesOf,
  undeclaredDependencies,
  valueCycles,
  wideComments,
} from './houseRules.ts';

const test = suite('the house');
const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Packages in import order: each imports only from those before it. The rooms inside a package follow the same rule.
 */
const packages: readonly Package[] = [
  { name: 'kernels', rooms: [] },
  { name: 'gpu', rooms: 'core memory select launch transfer record tuning device timing node'.split(' ') },
  {
    name: 'tensor',
    rooms: 'core reduce elementwise random losses norm gemm image conv frozen tuning methods.ts'.split(' '),
  },
  { name: 'nn', rooms: 'core layers optim files'.split(' ') },
  { name: 'faces', rooms: 'sampling images heads render metrics node'.split(' ') },
  { name: 'simswap', rooms: 'core networks losses swap files training readers baselines'.split(' ') },
  {
    name: 'photos',
    rooms: 'core marks codecs warp align networks detect people paste swap sets films node'.split(' '),
  },
  { name: 'weights', rooms: [] },
  { name: 'training', rooms: 'settings data networks evaluation report runs readers compare'.split(' ') },
  { name: 'distributed', rooms: 'mpi exchange ranks launch'.split(' ') },
  { name: 'conformance', rooms: 'golden programs cases compare aligned.ts table.ts run.ts'.split(' ') },
  {
    name: 'cli',
    rooms: 'terminal report provenance training conformance kernel compare photos commands program.ts'.split(' '),
  },
].filter(({ name }) => existsSync(join(root, sourcesOf(name))));

/** What browsers load: every entry of these packages that is not called `node`. */
const inBrowsers = ['kernels', 'gpu', 'tensor', 'nn', 'faces', 'simswap', 'photos', 'weights', 'conformance'];
const entries = inBrowsers.flatMap((name) => ['index.ts', 'kernels.ts'].map((file) => `${sourcesOf(name)}/${file}`));

/** Files beyond the limit today, with the lines that they may have. The list only shrinks. */
const longToday: Readonly<Record<string, number>> = { 'packages/gpu/src/device/gpu.ts': 373 };

const folders = ['kernels', 'packages', 'bench', 'examples', 'scripts', 'test'];
const paths = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.split(sep).join('/')}`)
    .filter((file) => /\.(ts|mjs|wgsl)$|\/package\.json$/.test(file))
    .filter((file) => !/(^|\/)(node_modules|dist|out)\//.test(file)),
);
const files: Files = new Map(paths.map((file) => [file, readFileSync(join(root, file), 'utf8')]));

/** Fails with every place that breaks a rule, so that one run shows them all. */
const holds = (broken: readonly string[]): void => assert.is(broken.join('\n'), '');

test('the files of every package are found', () => {
  for (const { name } of packages) assert.ok(files.has(`${sourcesOf(name)}/index.ts`), name);
});
test('packages import from packages before them', () => holds(packageOrder(files, packages)));
test('packages declare what they import', () => holds(undeclaredDependencies(files, packages)));
test('no relative import leaves its package', () => holds(relativeImportsThatLeave(files, packages)));
test('rooms import values from rooms before them', () => holds(roomOrder(files, packages)));
test('values are not imported in a circle', () => holds(valueCycles(files, packages)));
test('what browsers load imports nothing from Node', () => holds(nodeInBrowsers(files, entries)));
test('examples import packages and not the command line', () => holds(examplesThatReachInside(files)));
test('files stay short', () => holds(longFiles(files, longToday)));
test('comments fit into 120 columns', () => holds(wideComments(files)));

test.run();
