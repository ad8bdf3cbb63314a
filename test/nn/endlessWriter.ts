/** @file Saves files of 24 MB to the path given, each filled with its number, until somebody kills the process. */
import { writeSafetensors } from '@visage/nn';
import { saveFile } from '@visage/nn/node';

for (let round = 1; ; round++) {
  const values = new Float32Array(6e6).fill(round);
  await saveFile(process.argv[2] as string, writeSafetensors(new Map([['values', { shape: [6e6], values }]])));
  console.log(round);
}
