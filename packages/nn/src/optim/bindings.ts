import { scalarsOf, type Update } from './update.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, k) => k);

/**
 * WGSL that declares the bindings of an update, and `fn update(slot : u32, i : u32)`, which applies its rule to element
 * i of a slot.
 *
 * @param count tensors of a set.
 * @param gradients for each slot, how many gradients it has.
 */
export function bindingCode(update: Update, count: number, gradients: readonly number[]): string {
  const { written, scaling } = update;
  const state = numbers(update.gradient ? count - 1 : count);
  const declarations: string[] = [];
  const declare = (access: 'read' | 'read_write', name: string, type: string) =>
    declarations.push(`@group(0) @binding(${declarations.length}) var<storage, ${access}> ${name} : array<${type}>;`);
  for (const [slot, own] of gradients.entries()) {
    for (const t of state) declare(t < written ? 'read_write' : 'read', `x${slot}_${t}`, 'V');
    for (const k of numbers(own)) declare('read', `g${slot}_${k}`, 'V');
  }
  for (const [name, { dtype }] of Object.entries(scalarsOf(update))) declare('read', name, dtype);
  const cases = gradients.map((own, slot) => {
    const values = state.map((t) => `x${slot}_${t}[i]`);
    if (own > 0) values.push(`gradient${slot}(i)${scaling?.lossScale ? ' / loss_scale[0]' : ''}`);
    const stores = numbers(written).map((t) => `x${slot}_${t}[i] = v[${t}];`);
    return `    case ${slot}u: { if (i < arrayLength(&x${slot}_0)) { var v = array<V, COUNT>(${values.join(', ')}); change(&v); ${stores.join(' ')} } }`;
  });
  return [
    ...declarations,
    ...gradients.map(gradientCode),
    'fn update(slot : u32, i : u32) {',
    ...(scaling ? ['  if (found[0] != 0u) { return; }'] : []),
    '  switch (slot) {',
    ...cases,
    '    default: {}',
    '  }',
    '}',
  ].join('\n');
}

/**
 * `fn gradientN(i : u32) -> V`: where element i of slot N has its gradient. Each begins at a multiple of SPAN elements;
 * what lies between them may be anything.
 */
function gradientCode(count: number, slot: number): string {
  if (count === 0) return '';
  const take = (name: string) => `${name}[min(k, arrayLength(&${name}) - 1u)]`;
  const others = numbers(count - 1).map((k) => {
    const name = `g${slot}_${k}`;
    return `  span = (arrayLength(&${name}) + SPAN - 1u) / SPAN * SPAN;\n  if (k < span) { return ${take(name)}; }\n  k -= span;`;
  });
  return [
    `fn gradient${slot}(i : u32) -> V {\n  var k = i;`,
    ...(others.length > 0 ? ['  var span = 0u;'] : []),
    ...others,
    `  return ${take(`g${slot}_${count - 1}`)};\n}`,
  ].join('\n');
}
