/**
 * The benchmarks.
 *
 *     npm run bench -- kernels        every kernel of the networks at every shape, as a share of what the device can do
 *     npm run bench -- convolutions   one convolution, forward and both gradients
 *     npm run bench -- ladder         the matrix products of the course's second chapter, beside the device's best
 *     npm run bench -- networks       generator, discriminators, identity network, swap
 *     npm run bench -- latency        a swap from the call to its result, part by part
 *     npm run bench -- step           the paper's training step
 *     npm run bench -- reach          the figures that say how far the whole has come, beside PyTorch's
 *     npm run bench -- transfer       bytes between host and device, and checkpoints beside a training
 *     npm run bench -- scale          the step on several GPUs, over MPI
 *     npm run bench -- messages       its messages alone, through memory that the ranks share and through MPI
 *     npm run bench -- memory         its memory, counted on any machine
 *     npm run bench -- detection      faces found on photographs with 140 people, and on 37 pictures without
 *     npm run bench -- carryover FILE what an identity network that learned from rendered people makes of real ones
 *     npm run bench -- parsing        inner faces that a parsing network finds, against outlines drawn on photographs
 *     npm run bench -- heads          pictures and masks of mesh heads
 *     npm run bench -- gates          mesh heads before detector and recogniser of real faces
 *     npm run bench -- data           pictures of a face set per second, decoded in worker threads
 *     npm run bench -- film           a film with one face: codecs, GPU, and both together
 *     npm run bench -- peers          beside tfjs-backend-webgpu and jax-js, in the same run
 *     npm run bench -- page           the kernels in a browser
 *     npm run bench -- dataset        an import of photographs: pictures a second, and memory
 *     npm run bench -- kernel-page    puts the tables of kernels and variants into docs/kernels.md
 *     npm run bench -- tables         puts results into docs/performance.md
 *
 * `--json` and `--html` write the result to a file; `--help` after a name lists all options. On a software adapter the
 * sizes are small, so that a run ends. Every timed run has to compute something: results and gradients that are zero or
 * not finite end it with status 1.
 */

import { reportFailure } from '@visage/cli';
import { Command } from 'commander';
import { addBenches } from './commands/benches.ts';
import { addCarryover } from './commands/carryover.ts';
import { addDatasetBench } from './commands/dataset.ts';
import { addDetection } from './commands/detection.ts';
import { addFilm } from './commands/film.ts';
import { addHeads } from './commands/heads.ts';
import { addKernelPage } from './commands/kernelPage.ts';
import { addLadder } from './commands/ladder.ts';
import { addLatency } from './commands/latency.ts';
import { addMemory } from './commands/memory.ts';
import { addMessages } from './commands/messages.ts';
import { addPage } from './commands/page.ts';
import { addParsing } from './commands/parsing.ts';
import { addReach } from './commands/reach.ts';
import { addScale } from './commands/scale.ts';
import { addTables } from './commands/tables.ts';
import { addTransfer } from './commands/transfer.ts';

const program = new Command('bench').description('what the kernels, networks and training steps of Visage cost here');
addBenches(program);
addFilm(program);
addLadder(program);
addLatency(program);
addMemory(program);
addReach(program);
addTransfer(program);
addScale(program);
addMessages(program);
addDetection(program);
addCarryover(program);
addParsing(program);
addHeads(program);
addPage(program);
addDatasetBench(program);
addKernelPage(program);
addTables(program);
try {
  await program.parseAsync();
} catch (error) {
  reportFailure(error);
}
process.exit(); // Dawn keeps threads that would hold the process open
