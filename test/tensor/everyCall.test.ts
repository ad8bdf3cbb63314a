/**
 * @file Every function of the tensor package that users call, made wrong one argument at a time: what is never right
 * is an error that names the function.
 *
 * On Dawn's null backend, which compiles kernels and computes nothing: a call that got past the checks would be a
 * validation error there.
 */
import { VisageError } from '@visage/gpu';
import * as visage from '@visage/tensor';
import { equal, ok, throws } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { validCalls } from './validCalls.ts';

const { test } = await gpuSuite('every call', { backend: 'null', deterministic: true });

// What is no argument of any function, be it a tensor, a number, a list, a name, a function or options.
const NEVER = [null, 'nonsense', { nonsense: 1 }, [['nonsense']]];

const calls = Object.entries(validCalls());
for (const [name, { call, args }] of calls)
  test(`${name} takes ${args.length} arguments, and nonsense in none of them`, () => {
    call(...args);
    for (const [k] of args.entries())
      for (const nonsense of NEVER) {
        const wrong = args.map((arg, at) => (at === k ? nonsense : arg));
        const what = `argument ${k} as ${JSON.stringify(nonsense)}`;
        const refuses = (error: Error) => {
          ok(error instanceof VisageError, `${what}: ${error.name} ${error.message}`);
          ok(error.message.startsWith(`${name}: `), `${what}: ${error.message}`);
          return true;
        };
        throws(() => call(...wrong), refuses, `${what} was taken`);
      }
  });

test('every function that users call is among them', () => {
  const tried = new Set(calls.map(([name]) => name));
  // The class Tensor is there for its type: users make tensors by `tensor`, `zeros` and ops.
  const functions = Object.entries(visage).filter(
    ([, value]) => typeof value === 'function' && value !== visage.Tensor,
  );
  equal(
    functions.map(([name]) => name).filter((name) => !tried.has(name)),
    [],
  );
});

test.run();
