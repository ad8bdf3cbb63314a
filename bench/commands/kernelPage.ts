import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { fillKernelPlaces } from '../report/kernelTables.ts';

/** Adds `kernel-page`, which writes the tables of kernels and variants. */
export function addKernelPage(program: Command): void {
  program
    .command('kernel-page')
    .description('write the tables of kernels and variants into their page; no GPU is needed')
    .option('--page <file>', 'the page', 'docs/kernels.md')
    .action(async ({ page }: { page: string }) => {
      await writeFile(page, fillKernelPlaces(await readFile(page, 'utf8')));
      console.log(page);
    });
}
