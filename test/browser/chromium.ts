/** @file Serves a bundled page to Debian's headless Chromium and lets a test call functions in it. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const html = '<!doctype html><meta charset="utf-8"><title>Visage</title><script type="module" src="/page.js"></script>';

// SwiftShader, the software GPU inside Chromium, so that every machine runs the same adapter; the rest keeps the
// browser off the network.
const flags = [
  '--no-sandbox', // Chromium refuses to sandbox for root, and containers run as root
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--use-webgpu-adapter=swiftshader',
  '--use-angle=swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** The Chromium of this machine (`VISAGE_CHROMIUM`, else the first on PATH), or `undefined`. */
export function findChromium(): string | undefined {
  const given = process.env.VISAGE_CHROMIUM;
  if (given) return given;
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((file) => existsSync(file));
}

/** Whether tests of pages run: where there is a Chromium, and where one is required, so that its lack fails them. */
export const runsPages = (executable: string | undefined): boolean =>
  executable !== undefined || process.env.VISAGE_BROWSER === 'required';

/**
 * Bundles a TypeScript file for the browser as one ES module. Fails if it, or anything it imports, imports from Node:
 * this is what holds the packages that browsers load to that rule.
 */
export async function bundleForBrowser(entry: string): Promise<string> {
  const result = await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    loader: { '.wgsl': 'text' },
    sourcemap: 'inline',
    tsconfig: join(root, 'tsconfig.json'), // its `paths` lead @visage/* to the sources
    write: false,
    logLevel: 'silent',
  });
  return result.outputFiles[0]?.text ?? '';
}

/** A page in a running browser; `close()` ends browser and server. */
export interface OpenPage {
  readonly page: Page;
  close(): Promise<void>;
}

/**
 * Opens `script` in Chromium on a local server, which also hands out goldens and PyTorch's files.
 *
 * @param beside further files that lie beside the page: where they are on the disk, by their path in the page's URL.
 */
export async function openPage(
  executablePath: string,
  script: string,
  beside: ReadonlyMap<string, string> = new Map(),
): Promise<OpenPage> {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(request.url ?? '/'));
    const file = beside.get(path) ?? join(root, 'test', path);
    if (path === '/') response.setHeader('content-type', 'text/html').end(html);
    else if (path === '/page.js') response.setHeader('content-type', 'text/javascript').end(script);
    else if ((beside.has(path) || /^\/(golden|nn\/fixtures)\//.test(path)) && existsSync(file))
      response.end(readFileSync(file));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    server.close();
    server.closeAllConnections();
  };
  try {
    browser = await chromium.launch({ executablePath, headless: true, args: flags });
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(`page: ${error.message}`));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return { page, close };
  } catch (error) {
    await close();
    throw error;
  }
}
