import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { integer } from '@visage/cli';
import type { Command } from 'commander';
import { kernelPage } from '../page/html.ts';

/** Adds `page`, which serves the kernel benchmark to a browser. */
export function addPage(program: Command): void {
  program
    .command('page')
    .description('the kernel benchmark for browsers: serve it on this machine, or write it as one file')
    .option('--out <file>', 'write the page here instead of serving it')
    .option('--port <n>', 'where to serve', integer(0, 65535), 8224)
    .action(async ({ out, port }: { out?: string; port: number }) => {
      const page = await kernelPage();
      if (out) {
        await writeFile(out, page);
        return;
      }
      const server = createServer((_, response) =>
        response.setHeader('content-type', 'text/html; charset=utf-8').end(page),
      );
      await new Promise<void>((resolve, reject) => {
        server.on('error', reject);
        server.listen(port, '127.0.0.1', resolve);
      });
      console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/  (Ctrl-C ends it)`);
      await new Promise(() => {}); // until then
    });
}
