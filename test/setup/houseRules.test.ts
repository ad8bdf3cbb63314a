/**
 * @file Breaks each house rule once, on files that are made up here, and looks whether the rule says so. The same files
 * unbroken pass.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  examplesThatReachInside,
  importsOf,
  longFiles,
  nodeInBrowsers,
  packageOrder,
  relativeImportsThatLeave,
  roomOrder,
  undeclaredDependencies,
  valueCycles,
  wideComments,
} from './houseRules.ts';

const test = suite('the house rules');

/** Two packages of two rooms each, which keep all rules. */
const packages = [
  { name: 'below', rooms: ['core', 'ops'] },
  { name: 'above', rooms: ['core', 'ops'] },
];
const sound: Record<string, string> = {
  'packages/below/package.json': '{ "dependencies": {} }',
  'packages/below/src/index.ts': "export { op } from './ops/op.ts';\nexport * from './core/base.ts';\n",
  'packages/below/src/core/base.ts': "import type { Op } from '../ops/op.ts';\nexport const base: Op = 1;\n",
  'packages/below/src/ops/op.ts':
    "import { base } from '../core/base.ts';\nexport type Op = number;\nexport const op = base;\n",
  'packages/above/package.json': '{ "dependencies": { "@visage/below": "*" } }',
  'packages/above/src/index.ts': "import { op } from '@visage/below';\nexport const up = op;\n",
  'packages/above/src/node.ts': "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n",
  'examples/01.ts':
    "import { readFileSync } from 'node:fs';\nimport { up } from '@visage/above';\nimport '@visage/above/node';\n",
};
/** The sound files with some put in the place of others. */
const files = (changed: Record<string, string> = {}) => new Map(Object.entries({ ...sound, ...changed }));

/**
 * Holds that a rule passes the sound files, and that each broken set of files gives one sentence, which names the file
 * and the reason.
 */
function breaks(rule: (texts: Map<string, string>) => string[], ...broken: [Record<string, string>, RegExp][]): void {
  assert.equal(rule(files()), []);
  for (const [changed, reason] of broken) {
    const told = rule(files(changed));
    assert.is(told.length, 1, JSON.stringify(told));
    assert.match(told[0] ?? '', Object.keys(changed)[0] ?? '');
    assert.match(told[0] ?? '', reason);
  }
}

test('imports are found in all their forms, and types are told from values', () => {
  const text = [
    "import 'a';",
    "import b from 'b';",
    "import * as c from 'c';",
    "import type { D } from 'd';",
    "import {\n  type E,\n  f,\n} from 'e';",
    "import { type G, type H } from 'g';",
    "export * from 'i';",
    "export type { J } from 'j';",
    "export { k } from 'k';",
    "export const from = 'not a module';",
    "const l = await import('l');",
    "type M = typeof import('m');",
  ].join('\n');
  const found = Object.fromEntries(importsOf(text).map(({ module, values }) => [module, values]));
  assert.equal(found, { a: true, b: true, c: true, d: false, e: true, g: false, i: true, j: false, k: true, l: true });
});

test('packages import from packages before them', () => {
  const types = { 'packages/below/src/core/base.ts': "import type { up } from '@visage/above';\n" };
  const node = { 'packages/below/src/core/base.ts': "import { read } from '@visage/above/node';\n" };
  const nobody = { 'packages/above/src/index.ts': "import { x } from '@visage/elsewhere';\n" };
  const rule = (texts: Map<string, string>) => packageOrder(texts, packages);
  breaks(rule, [types, /may import none/], [node, /may import none/], [nobody, /may import below/]);
});

test('packages declare what they import', () => {
  const rule = (texts: Map<string, string>) => undeclaredDependencies(texts, packages);
  const visage = { 'packages/below/src/index.ts': "import { up } from '@visage/above/node';\n" };
  const others = { 'packages/above/src/index.ts': "import { PNG } from 'pngjs/browser';\n" };
  breaks(rule, [visage, /does not list @visage\/above$/], [others, /does not list pngjs$/]);
});

test('no relative import leaves its package', () => {
  const rule = (texts: Map<string, string>) => relativeImportsThatLeave(texts, packages);
  const up = { 'packages/above/src/core/deep.ts': "import { op } from '../../../below/src/ops/op.ts';\n" };
  const types = { 'packages/above/src/index.ts': "import type { Op } from '../../below/src/ops/op.ts';\n" };
  breaks(rule, [up, /outside the package above/], [types, /outside the package above/]);
});

test('rooms import values from rooms before them', () => {
  const rule = (texts: Map<string, string>) => roomOrder(texts, packages);
  const upwards = { 'packages/below/src/core/base.ts': "import { op } from '../ops/op.ts';\n" };
  const entry = { 'packages/below/src/ops/op.ts': "import { base } from '../index.ts';\n" };
  const unlisted = { 'packages/below/src/attic/old.ts': 'export const old = 1;\n' };
  breaks(rule, [upwards, /may import core$/], [entry, /may import core, ops$/], [unlisted, /does not list: attic$/]);
});

test('values are not imported in a circle', () => {
  const rule = (texts: Map<string, string>) => valueCycles(texts, packages);
  const two = { 'packages/below/src/core/base.ts': "import { op } from '../ops/op.ts';\n" };
  const itself = { 'packages/above/src/core/self.ts': "import { self } from './self.ts';\n" };
  breaks(rule, [two, /op\.ts → packages\/below\/src\/core\/base\.ts/], [itself, /self\.ts → packages/]);
});

test('what browsers load imports nothing from Node', () => {
  const rule = (texts: Map<string, string>) => nodeInBrowsers(texts, ['packages/below/src/index.ts']);
  const node = { 'packages/below/src/core/base.ts': "import { join } from 'node:path';\n" };
  const bare = { 'packages/below/src/core/base.ts': "import { join } from 'path';\n" };
  const entry = { 'packages/below/src/ops/op.ts': "import { read } from '@visage/above/node';\n" };
  breaks(rule, [node, /imports node:path/], [bare, /imports path/], [entry, /imports @visage\/above\/node/]);
});

test('examples import packages and not the command line', () => {
  const cli = { 'examples/01.ts': "import { run } from '@visage/cli';\n" };
  const relative = { 'examples/01.ts': "import { op } from '../packages/below/src/ops/op.ts';\n" };
  const deep = { 'examples/01.ts': "import { op } from '@visage/below/src/ops/op.ts';\n" };
  const up = { 'examples/course/1-a/main.ts': "import { op } from '../../01.ts';\n" };
  breaks(examplesThatReachInside, [cli, /command line/], [relative, /by name/], [deep, /by name/], [up, /by name/]);
  const course = {
    'examples/course/1-a/main.ts': "import { open } from '../device.ts';\nimport text from './a.wgsl';\n",
  };
  assert.equal(examplesThatReachInside(files(course)), []);
});

test('files stay short, and the list of exceptions shrinks', () => {
  const lines = (count: number) => 'x\n'.repeat(count);
  const [code, kernel, check] = ['packages/below/src/core/base.ts', 'kernels/gemm/tiled.wgsl', 'test/some.test.ts'];
  assert.equal(longFiles(files({ [code]: lines(300), [kernel]: lines(300), [check]: lines(400) }), {}), []);
  const rule = (texts: Map<string, string>) => longFiles(texts, {});
  breaks(
    rule,
    [{ [code]: lines(301) }, /301 lines, more than 300/],
    [{ [kernel]: lines(301) }, /301 lines, more than 300/],
    [{ [check]: lines(401) }, /401 lines, more than 400/],
  );
  const excepted = (count: number) => longFiles(files({ [code]: lines(count) }), { [code]: 350 });
  assert.equal(excepted(350), []);
  assert.match(excepted(351)[0] ?? '', /351 lines, more than 350/);
  assert.match(excepted(300)[0] ?? '', /take it off the list/);
});

test('comments fit into 120 columns', () => {
  const [code, kernel] = ['packages/below/src/core/base.ts', 'kernels/gemm/tiled.wgsl'];
  const words = 'word '.repeat(24).trim(); // 119 columns
  const kept = [`const text = 'http://${words}';`, `// https://${'x'.repeat(120)}`, words.slice(0, 120)];
  assert.equal(wideComments(files({ [code]: kept.join('\n') })), []);
  breaks(
    wideComments,
    [{ [code]: `/** ${words} */` }, /base\.ts:1 has a comment of 126 columns/],
    [{ [code]: `\n * ${words}` }, /base\.ts:2/],
    [{ [kernel]: `  // ${words}` }, /tiled\.wgsl:1/],
    [{ [code]: `const a = 1; // ${words}` }, /base\.ts:1/],
  );
});

test.run();
