#!/usr/bin/env node
/** The `visage` command: in a clone the TypeScript sources, in an installed package what was built from them. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = new URL('../dist/main.js', import.meta.url);
const registration = new URL('../../../scripts/register.mjs', import.meta.url);

if (existsSync(fileURLToPath(registration))) {
  await import(registration.href);
  await import('../src/main.ts');
} else {
  await import(built.href);
}
