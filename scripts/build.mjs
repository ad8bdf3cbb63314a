/**
 * Builds every package to ES modules with declarations in its dist/ folder, in the order in which they import each
 * other.
 *
 * tsc emits one `.js` and one `.d.ts` per source file, so the built code reads like its source. A package sees the ones
 * before it through their `exports`, as a user does; a missing entry there fails here. The kernels are bundled by
 * esbuild, because their `.wgsl` files must become text inside a module. Files that are neither (weights, HTML) are
 * copied.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = [
  'gpu',
  'tensor',
  'nn',
  'faces',
  'simswap',
  'photos',
  'weights',
  'training',
  'distributed',
  'conformance',
  'cli',
].map((name) => join(root, 'packages', name));
const configs = join(root, 'node_modules/.cache/visage-build');

/** Runs tsc over `source`; the config is written beside the cache because `include` has no command line form. */
function compile(name, source, target, options = {}) {
  const config = join(configs, `${name}.json`);
  const compilerOptions = { rootDir: source, outDir: target, ...options };
  const include = [source];
  const exclude = [join(source, 'node_modules'), target];
  writeFileSync(
    config,
    JSON.stringify({ extends: join(root, 'tsconfig.build.json'), compilerOptions, include, exclude }),
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const result = spawnSync(process.execPath, [tsc, '-p', config], { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) throw new Error(`tsc failed in ${source}`);
}

async function buildKernels() {
  const source = join(root, 'kernels');
  const target = join(source, 'dist');
  rmSync(target, { recursive: true, force: true });
  compile('kernels', source, target, { emitDeclarationOnly: true });
  // A `.wgsl` import has no declaration file of its own; this reference hands the users' compiler the one for them all.
  cpSync(join(source, 'wgsl.d.ts'), join(target, 'wgsl.d.ts'));
  const declarations = join(target, 'index.d.ts');
  writeFileSync(declarations, `/// <reference path="./wgsl.d.ts" />\n${readFileSync(declarations, 'utf8')}`);
  await bundle({
    entryPoints: [join(source, 'index.ts')],
    outfile: join(target, 'index.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    loader: { '.wgsl': 'text' },
  });
}

function buildPackage(folder) {
  const [source, target] = [join(folder, 'src'), join(folder, 'dist')];
  rmSync(target, { recursive: true, force: true });
  compile(folder.slice(folder.lastIndexOf('/') + 1), source, target);
  for (const name of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!name.isFile() || extname(name.name) === '.ts') continue;
    const file = join(name.parentPath, name.name);
    cpSync(file, join(target, file.slice(source.length)));
  }
}

mkdirSync(configs, { recursive: true });
await buildKernels();
for (const folder of packages) {
  if (existsSync(join(folder, 'src/index.ts'))) buildPackage(folder);
}
// npm packs a licence only from the package's own folder.
for (const folder of [join(root, 'kernels'), ...packages]) cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
console.log('built kernels and packages into their dist/ folders');
