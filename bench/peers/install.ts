/**
 * @file Installs the peers into bench/peers/, apart from the project's own packages, and bundles each into one file of
 * bench/peers/dist/ that can be carried elsewhere.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { VisageError } from '@visage/gpu';
import type { Engine } from './engine.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** The package of each peer. */
const PACKAGES = { tfjs: '@tensorflow/tfjs-backend-webgpu', jax: '@jax-js/jax' } as const;
export type PeerName = keyof typeof PACKAGES;
export const PEERS = Object.keys(PACKAGES) as readonly PeerName[];

/** Its package and version, as they stand in tables. */
export function peerTitle(peer: PeerName): string {
  const { dependencies } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  return `${PACKAGES[peer]} ${dependencies[PACKAGES[peer]]}`;
}

const INSTALL_MS = 120_000;

const sourceOf = (peer: PeerName): string => `${folder}${peer}.mjs`;
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
    // Without a network npm would try for minutes.
    const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=0'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: INSTALL_MS,
    });
    if (npm.status !== 0) {
      const why = (npm.error?.message ?? npm.stderr).trim().split('\n').slice(-3).join(' ');
      throw new VisageError(
        `the peers cannot be installed (${why}). Where there is no registry, carry bench/peers/dist over from a machine on which \`npm run bench -- peers --install-only\` ran`,
      );
    }
  }
  const { build } = await import('esbuild');
  for (const peer of PEERS) {
    await build({
      entryPoints: [sourceOf(peer)],
      outfile: bundleOf(peer),
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'error',
      banner: {
        js: `${await mark(peer)}\nimport { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
      },
    });
  }
}

/**
 * First line of a bundle: what it was made from. The times of the files cannot be used for this, because they change
 * when a folder is copied to another machine.
 */
async function mark(peer: PeerName): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [sourceOf(peer), `${folder}package-lock.json`]) hash.update(await readFile(file));
  return `// made from ${hash.digest('hex')}`;
}

async function upToDate(peer: PeerName): Promise<boolean> {
  const bundle = await readFile(bundleOf(peer), 'utf8').catch(() => '');
  return bundle.startsWith(await mark(peer));
}

/** Loads a peer's bundle and opens it on `navigator.gpu`. */
export async function openPeer(peer: PeerName): Promise<Engine> {
  const bundle = (await import(bundleOf(peer))) as { createEngine(): Promise<Engine> };
  return bundle.createEngine();
}
