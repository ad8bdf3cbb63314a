/** @file Programs of tests that are started many times: bundled once, as a start from the sources takes seconds. */
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Files that a module finds beside itself stay where they are: the bundle has the module's own address in its text. */
const ownAddress: Plugin = {
  name: 'own address',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
      loader: 'ts',
    }));
  },
};

/**
 * Bundles a TypeScript program to one file that Node runs without hooks. Packages of npm are imported as ever.
 *
 * @param entry its path from the root of the repository.
 * @returns the path of the bundle, in a new folder below node_modules/.cache.
 */
export async function bundledProgram(entry: string): Promise<string> {
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const outfile = join(mkdtempSync(join(cache, 'visage-program-')), 'program.mjs');
  await build({
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    tsconfig: join(root, 'tsconfig.json'), // its `paths` lead @visage/* to the sources
    loader: { '.wgsl': 'text' },
    plugins: [ownAddress],
    logLevel: 'silent',
  });
  return outfile;
}
