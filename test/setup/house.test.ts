/** @file The house rules that a program can check: who imports whom, who may use Node, how long a file grows. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('the house');
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Packages in the order in which they may import each other: each one only from those before it. */
const order = ['kernels', 'gpu', 'tensor', 'nn', 'faces', 'simswap', 'cli'];
const folderOf = (name: string): string => (name === 'kernels' ? 'kernels' : `packages/${name}/src`);

/** Code files under a folder of the repository, as paths from the root. */
function filesIn(folder: string, endings: readonly string[]): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.split(sep).join('/')}`)
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file));
}

/** The module names that a TypeScript file imports, with those it names in types only. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom|(?<!')\bimport|\bimport\()\s*'([^']+)'/g)].map((match) => match[1] as string);
}

for (const [place, name] of order.entries()) {
  const files = filesIn(folderOf(name), ['.ts']);
  if (files.length === 0) continue;
  const manifest = JSON.parse(readFileSync(join(root, folderOf(name).replace('/src', ''), 'package.json'), 'utf8'));

  test(`${name} imports only from packages before it, and declares what it imports`, () => {
    for (const file of files) {
      for (const module of importsOf(file)) {
        if (module.startsWith('.') || isBuiltin(module)) continue;
        const [scope, rest] = module.split('/') as [string, string | undefined];
        const wanted = scope.startsWith('@') ? `${scope}/${rest}` : scope;
        assert.ok(
          wanted in manifest.dependencies,
          `${file} imports ${module}, but ${name}/package.json does not list it`,
        );
        if (scope !== '@visage') continue;
        const other = order.indexOf(rest as string);
        assert.ok(
          other >= 0 && other < place,
          `${file} imports ${module}; allowed: ${order.slice(0, place).join(', ')}`,
        );
      }
    }
  });
}

test('what browsers load imports nothing from Node', () => {
  const entries = ['gpu', 'tensor', 'nn', 'faces', 'simswap'].map((name) => `packages/${name}/src/index.ts`);
  for (const entry of ['kernels/index.ts', 'packages/tensor/src/kernels.ts', ...entries]) {
    const pending = existsSync(join(root, entry)) ? [entry] : [];
    const seen = new Set(pending);
    for (let file = pending.pop(); file; file = pending.pop()) {
      for (const module of importsOf(file)) {
        assert.not(isBuiltin(module) || module.endsWith('/node'), `${entry} leads to ${file}, which imports ${module}`);
        if (!module.startsWith('.') || !module.endsWith('.ts')) continue;
        const next = join(file, '..', module).split(sep).join('/');
        if (seen.has(next)) continue;
        seen.add(next);
        pending.push(next);
      }
    }
  }
});

test('no file grows beyond 400 lines', () => {
  const folders = ['kernels', 'packages', 'scripts', 'test', 'examples', 'bench'];
  for (const file of folders.flatMap((folder) => filesIn(folder, ['.ts', '.mjs', '.wgsl']))) {
    const lines = readFileSync(join(root, file), 'utf8').split('\n').length;
    assert.ok(lines <= 400, `${file} has ${lines} lines; one idea per file`);
  }
});

test.run();
