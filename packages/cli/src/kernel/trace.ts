/** @file Finds the kernels that an op launches by recording the op. */
import { type Command, type Gpu, kernelFamilies, reportChoice, VisageError, withVariant } from '@visage/gpu';
import { type FloatType, grad, noGrad, record, type Shape, type Tensor } from '@visage/tensor';
import { empty } from '@visage/tensor/kernels';
import { KERNEL_OPS, type KernelOp, type OpOptions, tensorsOf } from './ops.ts';

/** Selects a computation of an op: its value, or the gradient of its first or second tensor. */
export type KernelPass = 'forward' | 'inputGrad' | 'weightGrad';
export const PASSES: readonly KernelPass[] = ['forward', 'inputGrad', 'weightGrad'];

/** The call of an op whose launches are asked for. */
export interface KernelQuestion {
  readonly op: string;
  readonly shapes: readonly Shape[];
  readonly dtype: FloatType;
  readonly pass: KernelPass;
  /** A variant to force in every kernel family that has one of this name. */
  readonly variant?: string;
  readonly options: OpOptions;
}

/**
 * Returns the launches by which a device would compute an op. They are taken from a recorded step, so they are exactly
 * what the engine dispatches.
 *
 * @throws VisageError if op, shapes, pass, options or variant do not fit together.
 */
export function launchesOf(gpu: Gpu, question: KernelQuestion): readonly Command[] {
  const { op, shapes, dtype, pass, variant, options } = question;
  const entry = opNamed(op);
  checkQuestion(entry, question);
  const given = shapes.map((shape) => empty(gpu, shape, shape.length > 1 ? dtype : 'f32')); // vectors are parameters
  const run = entry.prepare(given, options, (...shape) => empty(gpu, shape));
  const launch: () => Tensor | Tensor[] = pass === 'forward' ? () => noGrad(run) : gradient(gpu, run, given, pass);
  return withVariants(variant, () => {
    const step = record(launch);
    const commands = step.commands.map(({ command }) => command);
    step.dispose();
    if (variant !== undefined) checkTaken(op, variant, commands);
    return commands;
  });
}

function opNamed(name: string): KernelOp {
  const entry = Object.hasOwn(KERNEL_OPS, name) ? KERNEL_OPS[name] : undefined;
  if (entry) return entry;
  throw new VisageError(`no op is called ${name}; there are ${Object.keys(KERNEL_OPS).join(', ')}`);
}

function checkQuestion(entry: KernelOp, { op, shapes, pass, options }: KernelQuestion): void {
  const [least, most] = tensorsOf(entry);
  if (shapes.length < least || shapes.length > most)
    throw new VisageError(`${op} takes the shapes of ${entry.tensors}, ${shapes.length} came`);
  if (pass !== 'forward' && entry.differentiable === false) throw new VisageError(`${op} has no gradient to print`);
  if (pass === 'weightGrad' && shapes.length < 2) throw new VisageError(`${op} of one tensor has no ${pass}`);
  for (const name of Object.keys(options) as (keyof OpOptions)[]) {
    if (options[name] === undefined || entry.takes?.includes(name)) continue;
    throw new VisageError(`${op} has no option ${name}; it takes ${entry.takes?.join(', ') ?? 'none'}`);
  }
}

/**
 * Returns a function that computes the gradient of the first or second tensor. The gradient of the op's value is an
 * input of the step, so that no launch of the step computes it.
 */
function gradient(gpu: Gpu, run: () => Tensor, given: readonly Tensor[], pass: KernelPass): () => Tensor[] {
  const value = record(run);
  const upstream = empty(gpu, value.result.shape, value.result.dtype);
  value.dispose();
  const x = given[pass === 'inputGrad' ? 0 : 1] as Tensor;
  x.requiresGrad = true;
  return () => grad(run(), [x], { gradOutputs: [upstream] });
}

/**
 * Runs `fn` with the variant forced in every family that has one of this name.
 *
 * @throws VisageError if no family has one.
 */
function withVariants<T>(variant: string | undefined, fn: () => T): T {
  if (variant === undefined) return fn();
  const families = kernelFamilies().filter(({ variants }) => variants.some(({ name }) => name === variant));
  if (families.length === 0) {
    const known = kernelFamilies().map(
      ({ name, variants }) => `${name}: ${variants.map((each) => each.name).join(', ')}`,
    );
    throw new VisageError(`no kernel family has a variant called ${variant}; there are ${known.join('; ')}`);
  }
  return families.reduce<() => T>(
    (inner, { name }) =>
      () =>
        withVariant(name, variant, inner),
    fn,
  )();
}

/**
 * Checks that some launch of the op uses the forced variant.
 *
 * @throws VisageError if none does, so that the variant would change nothing.
 */
function checkTaken(op: string, variant: string, commands: readonly Command[]): void {
  const reports = commands.flatMap(({ choice }) => (choice ? [reportChoice(choice)] : []));
  const all = reports.flatMap((report) => [report, ...(report.within ? [report.within] : [])]);
  if (all.some((report) => report.variant === variant)) return;
  const families = [...new Set(all.map(({ family }) => family))];
  throw new VisageError(
    `no launch of ${op} is a choice that ${variant} is part of; its families are ${families.join(', ') || 'none'}`,
  );
}
