/**
 * Lets Node run Visage from its TypeScript sources: `node --import ./scripts/register.mjs file.ts`.
 *
 * Two hooks: tsx strips the types and maps `@visage/*` to the sources (the `paths` of tsconfig.json, from any working
 * directory), and the hook of wgsl-hook.mjs turns a `.wgsl` file into a module whose default export is its text. Node
 * asks the hook that was registered last first, so the WGSL one comes second: tsx never sees a `.wgsl` file.
 */
import { register as registerHook } from 'node:module';
import { fileURLToPath } from 'node:url';
import { register as registerTsx } from 'tsx/esm/api';

registerTsx({ tsconfig: fileURLToPath(new URL('../tsconfig.json', import.meta.url)) });
registerHook('./wgsl-hook.mjs', import.meta.url);
