/** @file Installs the peers into bench/peers/, apart from the project's own packages, and bundles each into one file of bench/peers/dist/ that can be carried elsewhere. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { VisageError } from '@visage/gpu';
import type { Engine } from './contest.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

export const PEERS = ['tfjs', 'jax'] as const;
export type PeerName = (typeof PEERS)[number];

const bundleOf = (peer: PeerName): string => `${folder}dist/${peer}.mjs`;

/**
 * Makes the bundles of all peers, if they are not there already; needs a package registry the first time.
 *
 * @throws VisageError that says what to do where there is none.
 */
export async function installPeers(): Promise<void> {
  if ((await Promise.all(PEERS.map(upToDate))).every(Boolean)) return;
  if (!existsSync(`${folder}node_modules/.package-lock.json`)) {
    console.error('Installing the peers into bench/peers/node_modules (once)');
    const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (npm.status !== 0) {
      const why = (npm.stderr ?? npm.error?.message ?? '').trim().split('\n').slice(-3).join(' ');
      throw new VisageError(
        `the peers cannot be installed (${why}). Where there is no registry, carry bench/peers/dist over from a machine on which \`npm run bench -- peers --install-only\` ran`,
      );
    }
  }
  const { build } = await import('esbuild');
  await build({
    entryPoints: PEERS.map((peer) => `${folder}${peer}.mjs`),
    outdir: `${folder}dist`,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
}

/** Is the bundle there, and newer than what it is made from? */
async function upToDate(peer: PeerName): Promise<boolean> {
  const [bundle, source] = await Promise.all([changed(bundleOf(peer)), changed(`${folder}${peer}.mjs`)]);
  return bundle !== undefined && bundle >= (source as number);
}

const changed = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );

/** Loads a peer's bundle and opens it on `navigator.gpu`. */
export async function openPeer(peer: PeerName): Promise<Engine> {
  const bundle = (await import(bundleOf(peer))) as { createEngine(): Promise<Engine> };
  return bundle.createEngine();
}
