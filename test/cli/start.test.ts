/**
 * @file The command behind `npm start`, as a process of its own in an empty folder; the whole run takes minutes, so it
 * is interrupted.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('start');
const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

test('start shows a swap, names adapter and preset, and trains; Ctrl-C saves and says how to go on', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'visage-start-'));
  const child = spawn(process.execPath, [path('packages/cli/bin/visage.mjs'), 'start'], { cwd });
  let said = '';
  let interrupted = false;
  const listen = (text: string) => {
    said += text;
    if (interrupted || !/\d+\/\d+ .* it\/s/.test(said)) return;
    interrupted = child.kill('SIGINT'); // once: the second one ends the command without saving
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', listen);
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  assert.is(status, 0, said);
  assert.match(said, /Computing on .+\nout\/first-swap\/shipped\.png: two rendered people/);
  assert.match(said, /Training SimSwap from scratch on rendered people of level (L0|M2): preset (tiny|portrait)/);
  assert.ok(existsSync(join(cwd, 'out/first-swap/shipped.png')));
  assert.match(
    said,
    /Stopped after step \d+ of \d+; everything is saved\. Go on with:\n\n.*train --resume out\/first-swap\/checkpoint\.safetensors/,
  );
  assert.ok(existsSync(join(cwd, 'out/first-swap/checkpoint.safetensors')));
});

test.run();
