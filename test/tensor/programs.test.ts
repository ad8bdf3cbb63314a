/**
 * Random programs of two to five ops against PyTorch: value, gradients and gradients of gradients, eagerly and
 * replayed, in f32 and in mixed precision.
 *
 * What is true of each op alone can be wrong of several: a gradient that is not contiguous in PyTorch's sense, a tensor
 * that is used twice, a type that promotes. test/golden/make_programs.py draws the programs, says where the limits come
 * from, and makes files of other ones.
 */
import { goldenFile } from '@visage/conformance';
import { collectGarbage } from '@visage/conformance/node';
import { loadSafetensors } from '@visage/nn/node';
import { ok } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { faultOf, opsOf, programText } from '../helpers/programs.ts';

const { test, gpu } = await gpuSuite('random programs');
const file = goldenFile(await loadSafetensors('test/golden/programs.safetensors'));
const AT_ONCE = 20; // programs between two collections of garbage

test('the file has enough of them', () => {
  const ops = new Set(file.cases.flatMap(opsOf));
  ok(file.cases.length >= 200, `${file.cases.length} programs`);
  ok(ops.size >= 70, `${ops.size} ops`);
});

for (const kind of ['random', 'special'])
  for (const precision of ['f32', 'mixed'] as const)
    test(`${kind} programs in ${precision}`, async () => {
      const faults: string[] = [];
      for (const [k, golden] of file.cases.filter(({ name }) => name.startsWith(kind)).entries()) {
        const fault = await faultOf(golden, file, precision);
        if (fault) faults.push(`${golden.name}: ${fault}\n    ${programText(golden)}`);
        if (k % AT_ONCE === 0 && gpu.adapter.software) await collectGarbage();
      }
      ok(faults.length === 0, `${faults.length} programs differ\n  ${faults.join('\n  ')}`);
    });

test.run();
