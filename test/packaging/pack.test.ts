/**
 * @file Packs every package with `npm pack`, installs the tarballs in an empty project and uses them there as a
 * stranger would.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('packaging');
const root = fileURLToPath(new URL('../..', import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'visage-pack-'));
const tarballs = join(project, 'tarballs');
const folders = ['kernels', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)].filter(
  (folder) => existsSync(join(root, folder, 'index.ts')) || existsSync(join(root, folder, 'src/index.ts')),
);

interface Manifest {
  name: string;
  version: string;
  exports: Record<string, { types: string; default: string }>;
  dependencies?: Record<string, string>;
}
const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));

/** Runs a command and returns its stdout; a failure shows all it printed. */
function run(cwd: string, program: string, ...args: string[]): string {
  const result = spawnSync(program, args, { cwd, encoding: 'utf8', timeout: 240_000 });
  assert.is(
    result.status,
    0,
    `${program} ${args.join(' ')}:\n${result.error?.message ?? ''}${result.stdout}${result.stderr}`,
  );
  return result.stdout;
}

test.after(() => rmSync(project, { recursive: true, force: true }));

/** How far the tests got: each one builds on those before it. */
let stage: 'nothing' | 'packed' | 'installed' = 'nothing';

test('every package builds and packs with its entries inside', () => {
  run(root, process.execPath, 'scripts/build.mjs');
  mkdirSync(tarballs);
  for (const folder of folders) {
    const printed = run(root, 'npm', 'pack', '--json', '--workspace', folder, '--pack-destination', tarballs);
    const [packed] = Object.values<{ files: { path: string }[] }>(JSON.parse(printed));
    const files = new Set(packed?.files.map((file) => file.path));
    for (const { types, default: code } of Object.values(manifestOf(folder).exports)) {
      assert.ok(files.has(types.slice(2)) && files.has(code.slice(2)), `${folder} packs ${types} and ${code}`);
    }
    assert.ok(files.has('LICENSE'), `${folder} packs its licence`);
    if (folder === 'packages/faces') {
      const shipped = ['NOTICE', 'assets/heads-shapes.bin', 'assets/heads-textures.bin'];
      for (const file of shipped) assert.ok(files.has(file), `${folder} packs ${file}`);
    }
    const sources = [...files].filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
    assert.equal(sources, [], `${folder} packs no sources`);
  }
  stage = 'packed';
});

test('the tarballs install in an empty project', () => {
  assert.is(stage, 'packed');
  const files = readdirSync(tarballs).map((name) => `./tarballs/${name}`);
  writeFileSync(join(project, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }\n');
  run(project, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...files);
  for (const folder of folders) assert.ok(existsSync(join(project, 'node_modules', manifestOf(folder).name, 'dist')));
  stage = 'installed';
});

test('a stranger computes with them, in plain JavaScript', () => {
  assert.is(stage, 'installed');
  cpSync(join(root, 'test/packaging/stranger.mjs'), join(project, 'stranger.mjs'));
  assert.match(run(project, process.execPath, 'stranger.mjs'), 'all right');
});

test('the installed visage command runs', () => {
  assert.is(stage, 'installed');
  assert.match(run(project, join(project, 'node_modules/.bin/visage'), 'doctor'), /^adapter /m);
});

test('a stranger compiles against the declarations, and a wrong argument does not compile', () => {
  assert.is(stage, 'installed');
  const program = readFileSync(join(root, 'test/packaging/stranger.mjs'), 'utf8');
  const wrongLine = "new Generator({ width: 'two' });";
  writeFileSync(join(project, 'right.ts'), program);
  writeFileSync(join(project, 'wrong.ts'), `${program}\n${wrongLine}\n`);
  // No `types`: TypeScript's own DOM library knows WebGPU.
  const compilerOptions = { module: 'nodenext', target: 'es2022', strict: true, noEmit: true, types: [] };
  const tsc = (file: string) => {
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    return spawnSync(process.execPath, [compiler, '-p', 'tsconfig.json'], { cwd: project, encoding: 'utf8' }).stdout;
  };
  assert.is(tsc('right.ts'), '');
  const complaints = tsc('wrong.ts').trim().split('\n');
  assert.is(complaints.length, 1, complaints.join('\n'));
  assert.match(complaints[0] ?? '', `wrong.ts(${program.split('\n').length + 1},`);
});

test.run();
