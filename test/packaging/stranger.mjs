// What somebody writes who installed the packages: run as JavaScript and compiled as TypeScript by pack.test.ts.
import { startGpu } from '@visage/gpu/node';
import { scope, tensor } from '@visage/tensor';

await startGpu();
const sum = await scope(() =>
  tensor([1, 2, 3], [3])
    .add(tensor([10, 20, 30], [3]))
    .data(),
);
if (sum.join() !== '11,22,33') throw new Error(`1,2,3 + 10,20,30 gave ${sum.join()}`);
console.log('all right');
